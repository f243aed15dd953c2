"""Scanners that several checks share: how each is called, and how what it says is read."""
