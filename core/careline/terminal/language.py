"""The language of the command line: ``--lang``, else CARELINE_LANG, else careline.toml's, else zh.

The machine's own locale does not count: servers run in English or C wherever they stand.
"""

from __future__ import annotations

import os
import tomllib
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from attrs import frozen

from careline.i18n import DEFAULT, LANGUAGES, Lang, catalog

VARIABLE = "CARELINE_LANG"


@frozen
class Said:
    """What the command line said before its command: ``--lang`` and ``--home``, else empty."""

    lang: str = ""
    home: str = ""


NOTHING = Said()
SAID: ContextVar[Said] = ContextVar("said", default=NOTHING)


def language() -> Lang:
    """``zh`` or ``en``."""
    said = SAID.get()
    for wanted in (said.lang, os.environ.get(VARIABLE, "")[:2].lower()):
        if wanted in LANGUAGES:
            return wanted
    return configured(config_file(said.home, os.environ.get("CARELINE_HOME", "")))


def config_file(option: str, variable: str) -> Path:
    """Where careline.toml is, as :func:`careline.config.find_home` finds it.

    Told here once more, since importing that package takes longer than showing a help text may.
    """
    named = option or variable
    if named:
        return Path(named).expanduser() / "careline.toml"
    near = Path("var") / "careline.toml"
    return near if near.is_file() else Path.home() / ".careline" / "careline.toml"


@cache
def configured(file: Path) -> Lang:
    """What careline.toml says; Chinese when it says nothing or cannot be read."""
    try:
        said = tomllib.loads(file.read_bytes().decode("utf-8-sig")).get("language")
    except (OSError, ValueError):
        return DEFAULT
    return said if said in LANGUAGES else DEFAULT


def template(msgid: str) -> str:
    """The translation of ``msgid`` with its fields still open, for click, which fills them."""
    forms = catalog(language()).get(msgid)
    return forms[0] if forms else msgid
