"""A program of ours in a process of its own: what a plugin does there harms nobody here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from attrs import frozen


@frozen
class Ended:
    """How it ended: ``answer`` is the JSON of its last line, None without any."""

    code: int
    answer: Any
    complaint: str


def run_apart(
    module: str, words: Sequence[str], path: Sequence[str], seconds: float
) -> Ended | None:
    """Run ``python -m module``, which finds modules in ``path`` first; None when it took too long.

    Blocks. Nothing is imported from where we stand; plugins may print before the last line.
    """
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and modules
            [sys.executable, "-P", "-m", module, *words],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        )
    except subprocess.TimeoutExpired:
        return None
    return Ended(done.returncode, _last(done.stdout), done.stderr.strip() or done.stdout.strip())


def _last(said: str) -> Any:
    try:
        return json.loads((said.splitlines() or [""])[-1])
    except ValueError:
        return None
