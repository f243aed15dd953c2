"""Whether a gate can do its work: its workflows, and what GitHub says of it."""
