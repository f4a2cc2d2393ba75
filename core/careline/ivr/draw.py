"""Draws a flow as a tree of text, for people who look at it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from careline.i18n import Lang, Text
from careline.ivr.model import (
    END,
    OPERATOR,
    PLACES,
    RETURN,
    FieldType,
    Flow,
    Node,
    NodeKind,
    Way,
    ways,
)

PLACE_NAMES = {
    OPERATOR: Text("to the operator"),
    RETURN: Text("back to the calling flow"),
    END: Text("end of the call"),
}
TOLD = ("queue", "to", "target", "ask", "test", "variable", "language", "box")


@frozen
class Branch:
    """A line still to be drawn: what leads to it, where it leads, and the bars left of it."""

    label: str
    target: str
    bars: str
    last: bool


def draw(flow: Flow, kinds: Mapping[str, NodeKind], lang: Lang) -> str:
    """The flow from its start, each node drawn once with its ways; later mentions point back."""
    version = Text(", version {version}", {"version": flow.version}).to(lang)
    title = flow.title.get(lang, "")
    lines = [f"{flow.name}{version if flow.version else ''}" + (f": {title}" if title else "")]
    drawn: set[str] = set()
    entries = [(Text("The call begins").to(lang), flow.start)]
    if flow.operator:
        entries.append((Text("0 (operator)").to(lang), flow.operator))
    ahead = _branches(entries, "")
    while ahead:
        branch = ahead.pop()
        node = flow.nodes.get(branch.target)
        stem = f"{branch.bars}{'└─' if branch.last else '├─'} {branch.label} → "
        if node is None or node.name in drawn:
            lines.append(stem + _mention(branch.target, lang))
            continue
        drawn.add(node.name)
        lines.append(stem + _headline(node, kinds[node.kind], lang))
        below = branch.bars + ("   " if branch.last else "│  ")
        ahead += _branches(_labelled(node, kinds[node.kind], lang), below)
    return "\n".join(lines)


def _branches(entries: Sequence[tuple[str, str]], bars: str) -> list[Branch]:
    """The branches in reverse, so that the first is on top of the pile."""
    last = len(entries) - 1
    return [
        Branch(label, target, bars, index == last)
        for index, (label, target) in reversed(list(enumerate(entries)))
    ]


def _labelled(node: Node, kind: NodeKind, lang: Lang) -> list[tuple[str, str]]:
    """Label and target of the ways that were written; unwritten defaults are left out."""
    return [(_label(way, kind, lang), way.target) for way in _written(node, kind)]


def _written(node: Node, kind: NodeKind) -> Iterator[Way]:
    for way in ways(node, kind):
        field = kind.field(way.field)
        if not (field and way.target in PLACES and way.target == field.default):
            yield way


def _label(way: Way, kind: NodeKind, lang: Lang) -> str:
    field = kind.field(way.field)
    if field is None or field.type is FieldType.TARGETS:
        return way.outcome
    return field.title.to(lang)


def _mention(target: str, lang: Lang) -> str:
    place = PLACE_NAMES.get(target)
    return place.to(lang) if place else f"{target} ↑"


def _headline(node: Node, kind: NodeKind, lang: Lang) -> str:
    """``agent [Queue: service] 人工``."""
    told = [str(node[name]) for name in TOLD if node[name]]
    prompts = node["prompts"] or ()
    about = " ".join([*told, *prompts]) or str((node["text"] or {}).get(lang, ""))
    shown = f"[{kind.title.to(lang)}: {about}]" if about else f"[{kind.title.to(lang)}]"
    return " ".join(filter(None, (node.name, shown, node.title.get(lang, ""))))
