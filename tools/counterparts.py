#!/usr/bin/env python3
"""Install the programs that tests talk with (tests/counterparts) from npm; nothing is done twice.

They are what careline did not write: servers of SOAP, FHIR and HL7. The lock file pins them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from frontend import is_stamped, node_path, say

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests/counterparts"
STAMP = FOLDER / "node_modules/.careline"


def main() -> int:
    """Install what the lock file names, unless it is there; the exit code."""
    lock = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    if is_stamped(STAMP, lock):
        return 0
    say("fetching the programs that tests talk with from npm (some seconds)")
    env = {**os.environ, "PATH": node_path()}
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(  # noqa: S603 - no shell
        command,
        cwd=FOLDER,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        say(f"that failed: {' '.join(command)}\n{done.stderr.strip()[-2000:]}")
        return 2
    STAMP.write_text(lock, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
