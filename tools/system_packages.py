#!/usr/bin/env python3
"""See that the programs that the tests need are there: install them as root, else name them.

Exit code 2 when something is missing and CI=true, since CI skips nothing.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys

#: Program (or pattern of paths) -> the Debian package that brings it.
NEEDED = {
    "sipp": "sip-tester",
    "sox": "sox",
    "espeak-ng": "espeak-ng",
    "gpg": "gnupg",
    "chromium": "chromium",
    "/usr/lib/postgresql/*/bin/initdb": "postgresql",
    "/usr/sbin/bearerbox": "kannel",
    "gammu-smsd": "gammu-smsd",
}


def missing() -> list[str]:
    """Packages whose program is not there."""
    found = {
        package: bool(glob.glob(name)) if "/" in name else shutil.which(name) is not None
        for name, package in NEEDED.items()
    }
    return [package for package, here in found.items() if not here]


def install(packages: list[str]) -> None:
    """Install with the machine's apt, asking nothing."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - no shell


def main() -> int:
    """Install or name what is missing, and return the exit code."""
    lacking = missing()
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"careline: installing {' '.join(lacking)} for the tests", flush=True)
        try:
            install(lacking)
        except subprocess.CalledProcessError as error:
            print(f"careline: failed: {' '.join(error.cmd)}", flush=True)
        lacking = missing()
    if not lacking:
        return 0
    print(f"careline: the tests that need these packages cannot run: {' '.join(lacking)}")
    print(f"careline: get them with: sudo apt-get install {' '.join(lacking)}", flush=True)
    return 2 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
