"""msgspec, loaded without ``typing_extensions``, which takes as long to load as half of a start.

msgspec takes it where it is installed, and needs nothing of it from Python 3.11 on. The command line imports this first; it does nothing where one of the
two is loaded already.
"""

import sys

_SLOW = "typing_extensions"
if _SLOW not in sys.modules:
    sys.modules[_SLOW] = None  # type: ignore[assignment] # what an import takes for "not installed"
    try:
        import msgspec  # noqa: F401 - it stays loaded
    finally:
        del sys.modules[_SLOW]
