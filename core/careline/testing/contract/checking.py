"""The rules of the contract in their order, and one plugin held to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from careline.errors import CarelineError
from careline.i18n import Text
from careline.plugins import Catalog, Plugin, problems_of, read_catalog
from careline.plugins.bundles import with_required
from careline.testing.contract.code import code
from careline.testing.contract.imports import imports
from careline.testing.contract.life import life
from careline.testing.contract.pages import templates
from careline.testing.contract.papers import papers, settings
from careline.testing.contract.report import Advice, Report
from careline.testing.contract.subject import Subject
from careline.testing.contract.tables import tables
from careline.testing.contract.texts import texts


@frozen
class Rule:
    """One rule: its stable name, what it is called, and what looks."""

    name: str
    title: Text
    look: Callable[[Subject], Iterator[CarelineError]]


def fits(subject: Subject) -> Iterator[CarelineError]:
    """What it requires is installed, and it is made for this careline."""
    yield from problems_of(with_required([subject.name], subject.catalog), subject.catalog)


RULES: tuple[Rule, ...] = (
    Rule("fits", Text("fits this careline"), fits),
    Rule("imports", Text("imports nothing that is not for plugins"), imports),
    Rule("code", Text("neither blocks nor gives away secrets"), code),
    Rule("pages", Text("templates escape what people typed"), templates),
    Rule("texts", Text("every text is translated"), texts),
    Rule("papers", Text("has a version and a README"), papers),
    Rule("settings", Text("every setting is explained"), settings),
    Rule("tables", Text("tables go up, down and up again"), tables),
    Rule("life", Text("comes, answers and goes"), life),
)


def check(
    plugin: str | Plugin,
    *,
    catalog: Catalog | None = None,
    config: Mapping[str, Mapping[str, Any]] | None = None,
    postgresql: str = "",
) -> Report:
    """Hold one plugin to the contract, in this process; nothing of it is left there.

    ``config`` are tables of careline.toml by plugin, for one that needs some. ``postgresql`` is
    the URL of an empty database in which its revisions are tried too.
    Raises Invalid when no plugin of that name is installed, with the name that is nearest.
    """
    known = read_catalog() if catalog is None else catalog
    if isinstance(plugin, Plugin):
        known = Catalog({**known.plugins, plugin.name: plugin}, known.broken)
        plugin = plugin.name
    if plugin in known.broken:
        return Report(plugin=plugin, version="", checked=(), findings=(known.broken[plugin],))
    if plugin not in known.plugins:
        raise problems_of([plugin], known)[0]
    subject = Subject(
        plugin=known.plugins[plugin], catalog=known, config=config or {}, postgresql=postgresql
    )
    return _held_to(subject, RULES)


def _held_to(subject: Subject, rules: Sequence[Rule]) -> Report:
    findings: list[CarelineError] = []
    checked: list[str] = []
    for rule in rules:
        checked.append(rule.name)
        findings += rule.look(subject)
        if rule.name == "fits" and findings:
            break  # it cannot be loaded at all
    return Report(
        plugin=subject.name,
        version=subject.plugin.version,
        checked=tuple(checked),
        findings=tuple(one for one in findings if not isinstance(one, Advice)),
        advice=tuple(one for one in findings if isinstance(one, Advice)),
    )
