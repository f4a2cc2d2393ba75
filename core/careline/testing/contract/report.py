"""What the contract says of one plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import Lang, error_text


class Advice(Invalid):
    """Worth knowing, and no reason to refuse a plugin yet."""


@frozen(kw_only=True)
class Report:
    """``checked`` names the rules that were tried, ``findings`` all that is wrong.

    ``advice`` is what will be wrong some day: hooks on their way out.

    A finding's code begins with ``check.``, or is the one with which the core itself refuses.
    """

    plugin: str
    version: str
    checked: tuple[str, ...]
    findings: tuple[CarelineError, ...]
    advice: tuple[Advice, ...] = ()

    @property
    def ok(self) -> bool:
        """True when nothing was found."""
        return not self.findings

    @property
    def codes(self) -> set[str]:
        """The codes of all findings."""
        return {one.code for one in self.findings}

    def as_json(self, lang: Lang) -> dict[str, Any]:
        """For programs, the texts in ``lang``."""
        return {
            "plugin": self.plugin,
            "version": self.version,
            "ok": self.ok,
            "checked": list(self.checked),
            "findings": _told(self.findings, lang),
            "advice": _told(self.advice, lang),
        }


def _told(ones: Sequence[CarelineError], lang: Lang) -> list[dict[str, str]]:
    return [{"code": one.code, "text": error_text(one, lang)} for one in ones]
