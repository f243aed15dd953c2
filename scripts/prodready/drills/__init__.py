"""One folder for each drill, found by its name."""
