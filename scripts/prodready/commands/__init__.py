"""The commands, one module each: ``configure`` its parser, ``main`` runs it and returns the exit code."""
