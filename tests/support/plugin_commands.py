"""A plugin's command as ``careline`` runs it: in a language, and in the hospital's zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from click.testing import CliRunner, Result

from careline.hooks import Command

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ran(commands: Iterable[Command], *words: str, lang: str = "en", **more: Any) -> Result:
    """Run the plugin's one command; ``on_reactor`` may stand in for the site's."""
    [brought] = commands
    site = SimpleNamespace(zone=SHANGHAI, on_reactor=more.pop("on_reactor", None))
    more.setdefault("catch_exceptions", False)
    return CliRunner(env={"CARELINE_LANG": lang}).invoke(brought.command, words, obj=site, **more)


def saying(commands: Callable[[], Iterable[Command]]) -> Callable[..., str]:
    """What it prints, when it must go well."""

    def said(*words: str, lang: str = "en") -> str:
        done = ran(commands(), *words, lang=lang)
        assert done.exit_code == 0, done.output
        return done.output

    return said
