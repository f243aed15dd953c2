"""Replays markets into a team's risk engine and looks whether it does what its policy says. Pure but for ``adapters.py``; the paper broker keeps the truth."""
