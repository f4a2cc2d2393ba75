"""The contract in a process of its own: a plugin that hangs, ends or ruins it harms nobody."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Lang
from careline.plugins.apart import run_apart
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
    words = [name, "--json", "--language", lang, *options]
    ended = run_apart("careline.testing.contract", words, [*map(str, path), *sys.path], timeout)
    if ended is None:
        return _failed(name, lang, _hangs(name, timeout))
    if ended.code == 2:
        raise NotFound("plugin.not_checked", "{reason}", reason=ended.complaint)
    if not isinstance(ended.answer, dict):
        return _failed(name, lang, _ended(name, ended.code, ended.complaint))
    return ended.answer


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
