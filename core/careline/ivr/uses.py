"""Which flows that callers come into use what a plugin brings: its data must not go before them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from careline.errors import Refused
from careline.ivr import store
from careline.ivr.routes import Dnis
from careline.storage import Tx


def refuse_used(tx: Tx, plugin: str, installed: Collection[str]) -> None:
    """Raise Refused, naming the flows, when calls would come to a step or look-up of ``plugin``.

    ``installed`` are the names of all plugins: a step of ``his_web_find`` is none of ``his``.
    """
    newest = {one.flow: one.document for one in store.published(tx)}  # the later wins
    longer = [name for name in installed if name.startswith(f"{plugin}_")]
    used = [
        flow
        for flow in sorted(_reached(newest, store.list_dnis(tx)))
        if any(_is_of(node, plugin, longer) for node in _nodes(newest[flow]))
    ]
    if used:
        raise Refused(
            "plugin.in_flows",
            "plugin {plugin} is used by {flows}, to which called numbers lead: publish them"
            " without it first, or let the numbers lead elsewhere",
            plugin=plugin,
            flows=", ".join(used),
        )


def _reached(flows: Mapping[str, Mapping[str, Any]], numbers: Iterable[Dnis]) -> set[str]:
    """The flows that called numbers lead to, and those that these call."""
    left = [flow for one in numbers for flow in (one.open, one.after_hours, one.holiday)]
    found: set[str] = set()
    while left:
        flow = left.pop()
        if flow in flows and flow not in found:
            found.add(flow)
            left += [str(node.get("flow", "")) for node in _nodes(flows[flow])]
    return found


def _nodes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    nodes = document.get("nodes", {})
    if isinstance(nodes, Mapping):
        yield from (one for one in nodes.values() if isinstance(one, Mapping))


def _is_of(node: Mapping[str, Any], plugin: str, longer: Iterable[str]) -> bool:
    kind, asked = str(node.get("kind", "")), str(node.get("ask", ""))
    if any(kind.startswith(f"{name}_") for name in longer):
        return False
    return kind.startswith(f"{plugin}_") or asked.startswith(f"{plugin}.")
