"""The checks, one folder each; found by name."""
