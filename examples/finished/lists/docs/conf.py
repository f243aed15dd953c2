"""How the interface is written out: `sphinx-build -W -n docs build/docs`."""

project = "desk"
exclude_patterns = ["*.md"]
