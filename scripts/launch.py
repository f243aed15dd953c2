"""Starts prodready from a checkout: builds its locked, hash-checked environment once, then becomes the program inside it.

``python3 scripts/launch.py COMMAND …`` runs a command of prodready; ``--tests …`` runs ``tests/everything.py`` with the packages the tests need.
Standard library only. Exit 2 when the environment cannot be built: nothing was run.
"""

import hashlib
import os
import sys

SCRIPTS = os.path.dirname(os.path.realpath(__file__))
MINIMUM = (3, 11)
KNOWN = ("3.14", "3.13", "3.12", "3.11")
MARKER = "prodready-complete"
LAYOUT = 2
"""Of an environment; another number builds anew."""
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'prodready'; from prodready.cli import main; sys.exit(main())"
DEBIAN = "On Debian and Ubuntu: apt-get install python3-venv"


class CannotStartError(Exception):
    """The environment cannot be built; the message says why and what to do."""


def main(argv: "list[str]") -> int:
    """Never returns when all is well: the process becomes prodready."""
    if sys.version_info < MINIMUM:
        return with_a_newer_python()
    tests = os.path.join(os.path.dirname(SCRIPTS), "tests")
    testing = argv[:1] == ["--tests"]
    try:
        home = environment(os.path.join(tests if testing else SCRIPTS, "requirements.lock"))
    except CannotStartError as error:
        return say(f"prodready: {error}")
    except OSError as error:
        return say(f"prodready: cannot set up its environment: {error}\nSet PRODREADY_CACHE to a folder you can write, with 300 MB of room.")
    except KeyboardInterrupt:
        return say("prodready: interrupted; nothing was run", 130)
    program = [os.path.join(tests, "everything.py"), *argv[1:]] if testing else ["-c", START, SCRIPTS, *argv]
    # -I: neither the caller's folder nor PYTHON* variables reach the program; the prefix keeps byte code out of the checkout.
    os.execv(python_of(home), [python_of(home), "-I", "-X", "pycache_prefix=" + os.path.join(home, "pycache"), *program])
    return 2


def say(message: str, code: int = 2) -> int:
    """Prints to the error stream and gives the exit code back."""
    print(message, file=sys.stderr, flush=True)
    return code


def with_a_newer_python() -> int:
    """Starts over with a newer Python of this machine."""
    import shutil

    for version in KNOWN:
        found = shutil.which("python" + version)
        if found:
            os.execv(found, [found, "-I", os.path.realpath(__file__), *sys.argv[1:]])
    running = ".".join(map(str, sys.version_info[:3]))
    return say(f"prodready: needs Python 3.11 or newer; this is {running} ({sys.executable}) and no newer one is on PATH")


def cache() -> str:
    """The folder for everything that is kept between runs; told to the program as PRODREADY_CACHE."""
    chosen = os.environ.get("PRODREADY_CACHE") or (os.environ.get("XDG_CACHE_HOME") and os.path.join(os.environ["XDG_CACHE_HOME"], "prodready"))
    folder = os.path.abspath(chosen or own_cache())
    os.environ["PRODREADY_CACHE"] = folder
    return folder


def own_cache() -> str:
    """``~/.cache/prodready``, or without a home a private folder that no other user can have prepared."""
    home = os.environ.get("HOME") or home_of_record()
    if home:
        return os.path.join(home, ".cache", "prodready")
    import tempfile

    folder = os.path.join(tempfile.gettempdir(), f"prodready-{os.getuid()}")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.lstat(folder).st_uid != os.getuid():
        raise CannotStartError(f"{folder} belongs to another user. Set PRODREADY_CACHE to a folder of your own.")
    return folder


def home_of_record() -> str:
    """The home folder in the user database; empty when there is none that exists."""
    import pwd

    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
    return home if os.path.isdir(home) else ""


def environment(lock: str) -> str:
    """The folder of the environment that holds exactly what the lock says, built if it is not there or not whole."""
    with open(lock, "rb") as handle:
        content = handle.read()
    # A lock names no Python and no machine, an environment is bound to both.
    identity = f"{LAYOUT}\n{sys.version}\n{sys.base_prefix}\n{os.uname().machine}".encode()
    home = os.path.join(cache(), "environments", hashlib.sha256(content + identity).hexdigest()[:20])
    if not whole(home):
        build(home, lock)
    return home


def python_of(home: str) -> str:
    """The environment's own interpreter."""
    return os.path.join(home, "bin", "python")


def packages_of(home: str) -> "list[str]":
    """The names in the folder of packages: a package that vanished changes them. Byte code does not: whoever runs the interpreter by hand leaves some."""
    folder = os.path.join(home, "lib", "python{}.{}".format(*sys.version_info[:2]), "site-packages")
    return sorted(name for name in os.listdir(folder) if name != "__pycache__")


def whole(home: str) -> bool:
    """Whether the environment was finished and nothing obvious is gone since (the interpreter, a package)."""
    try:
        with open(os.path.join(home, MARKER), encoding="utf-8") as handle:
            finished = handle.read().split("\n")
        return os.access(python_of(home), os.X_OK) and packages_of(home) == finished
    except OSError:
        return False


def build(home: str, lock: str) -> None:
    """Builds in place, since scripts name their interpreter; the marker comes last, so an interrupted build is never taken for whole."""
    import fcntl
    import shutil

    os.makedirs(os.path.dirname(home), exist_ok=True)
    with open(home + ".lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if whole(home):
            return
        say("prodready: setting up its environment; once, well under a minute")
        shutil.rmtree(home, ignore_errors=True)
        try:
            fill(home, lock)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise


def fill(home: str, lock: str) -> None:
    """Makes the environment, installs the lock and writes the marker last."""
    made, words = quiet([sys.executable, "-I", "-m", "venv", "--without-pip", home], "/")
    if not made:
        raise CannotStartError(f"this Python cannot make an environment ({last(words)}).\n{DEBIAN}")
    command = installer(home)
    made, words = quiet([*command, "--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", os.path.abspath(lock)], home)
    if not made:
        raise CannotStartError(why_not_installed(words))
    with open(os.path.join(home, MARKER), "w", encoding="utf-8") as handle:
        handle.write("\n".join(packages_of(home)))


def installer(home: str) -> "list[str]":
    """The command that installs into the environment: this Python's pip, a pip of the environment's own, or uv, whichever there is."""
    import shutil

    pip = ["install", "--quiet", "--no-input", "--no-user", "--no-compile", "--disable-pip-version-check", "--retries", "2"]
    if quiet([sys.executable, "-I", "-m", "pip", "--python", python_of(home), "--version"], home)[0]:
        return [sys.executable, "-I", "-m", "pip", "--python", python_of(home), *pip]
    if quiet([python_of(home), "-I", "-m", "ensurepip"], home)[0]:
        return [python_of(home), "-I", "-m", "pip", *pip]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", python_of(home)]
    raise CannotStartError(f"this Python ({sys.executable}) has neither ensurepip nor pip, and there is no uv on PATH.\n{DEBIAN}")


def quiet(command: "list[str]", folder: str) -> "tuple[bool, str]":
    """Runs a command in a folder of ours (pip must not import what lies in the caller's) and returns how it went and what it said."""
    import subprocess

    steers = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "UV_PYTHON")
    clean = {name: value for name, value in os.environ.items() if name not in steers and not name.endswith("_TOKEN")}
    ended = subprocess.run(command, cwd=folder, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return ended.returncode == 0, ended.stdout.decode("utf-8", "replace")


def last(words: str, lines: int = 1) -> str:
    """The end of what a program said."""
    return "\n".join([line for line in words.splitlines() if line.strip()][-lines:])


def why_not_installed(words: str) -> str:
    """Tells a wrong hash from a silent network: the first is an alarm."""
    if "DO NOT MATCH THE HASHES" in words or "Hash mismatch" in words:
        return f"a downloaded package is not the one that was locked; nothing of it was installed.\n{last(words, 8)}"
    return (
        f"its packages could not be installed.\n{last(words, 4)}\n"
        "It needs a Python package index once. Behind a proxy set HTTPS_PROXY, with an index of your own PIP_INDEX_URL; then run the same command again."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
