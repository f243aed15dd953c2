"""Tells people what a drill did."""
