"""The audit log as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo

from careline.audit.model import NONE, Entry, act_title, kind_title
from careline.i18n import Lang, Text

COLUMNS: tuple[tuple[str, Text], ...] = (
    ("at", Text("when")),
    ("actor", Text("login")),
    ("name", Text("who")),
    ("act", Text("what was done")),
    ("kind", Text("kind")),
    ("whose", Text("whose")),
    ("what", Text("details")),
    ("why", Text("why")),
    ("address", Text("address")),
)


def rows_of(
    entries: Iterable[Entry], zone: tzinfo, lang: Lang, brought: Mapping[str, Text] = NONE
) -> list[list[str]]:
    """Lines as texts, under their titles; ``brought`` are titles of plugins' acts."""
    titles = [title.to(lang) for _name, title in COLUMNS]
    return [titles, *(_row(one, zone, lang, brought) for one in entries)]


def _row(one: Entry, zone: tzinfo, lang: Lang, brought: Mapping[str, Text]) -> list[str]:
    return [
        one.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        one.actor,
        one.name,
        act_title(one.act, brought).to(lang),
        kind_title(one.kind, brought).to(lang),
        one.whose,
        one.what,
        one.why,
        one.address,
    ]
