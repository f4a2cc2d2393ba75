"""The contract in a process of its own: a plugin that hangs, ends or ruins it harms nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Lang
from careline.testing.contract.report import Report

TIMEOUT_S = 180.0


def check_apart(
    name: str,
    lang: Lang,
    *,
    options: Sequence[str] = (),
    path: Sequence[Path] = (),
    timeout: float = TIMEOUT_S,
) -> dict[str, Any]:
    """What :meth:`Report.as_json` says of a plugin; ``path`` are folders to import from first.

    Blocks, at most ``timeout`` seconds. Raises NotFound when no such plugin is installed.
    """
    command = [sys.executable, "-P", "-m", "careline.testing.contract", name, "--json"]
    here = [str(one) for one in path] + [entry for entry in sys.path if entry]
    try:
        done = subprocess.run(  # noqa: S603  our own program
            [*command, "--language", lang, *options],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(here)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _failed(name, lang, _hangs(name, timeout))
    if done.returncode == 2:
        raise NotFound("plugin.not_checked", "{reason}", reason=done.stderr.strip())
    try:
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return _failed(name, lang, _ended(name, done.returncode, done.stderr))
    return told


def _failed(name: str, lang: Lang, error: CarelineError) -> dict[str, Any]:
    return Report(plugin=name, version="", checked=(), findings=(error,)).as_json(lang)


def _hangs(name: str, timeout: float) -> Invalid:
    return Invalid(
        "check.hangs",
        "plugin {plugin} does not come to an end within {seconds} s; it would hold up careline's "
        "start, and every call",
        plugin=name,
        seconds=round(timeout),
    )


def _ended(name: str, code: int, said: str) -> Invalid:
    return Invalid(
        "check.ended",
        "plugin {plugin} ends the whole process (code {code}): {reason}",
        plugin=name,
        code=code,
        reason=said.strip()[-500:] or "-",
    )
