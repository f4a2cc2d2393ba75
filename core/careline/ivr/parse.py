"""Reads flows from TOML or JSON documents; every fault is found and listed in one go."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from careline.errors import Invalid
from careline.ivr.fields import READERS, Unfit
from careline.ivr.model import NAME, Field, Flow, FlowFault, Node, NodeKind, Place, Problems

FLOW_KEYS = {"name", "start", "operator", "sub", "languages", "title", "nodes"}
NODE_KEYS = {"kind", "title"}


def load(text: str, syntax: str = "toml") -> dict[str, Any]:
    """The document in ``text`` (``toml`` or ``json``); Invalid with the parser's own words."""
    try:
        data = tomllib.loads(text) if syntax == "toml" else json.loads(text)
    except ValueError as error:
        raise Invalid(
            "flow.syntax", "not a valid {syntax} text: {error}", syntax=syntax.upper(), error=error
        ) from error
    if not isinstance(data, dict):
        raise Invalid(
            "flow.syntax",
            "not a valid {syntax} text: {error}",
            syntax=syntax.upper(),
            error="a table is expected",
        )
    return data


def documents(data: Mapping[str, Any]) -> dict[str, Any]:
    """The flow documents of a file: one flow, or several under ``[flows.<name>]``."""
    flows = data.get("flows")
    if isinstance(flows, dict):
        return {
            name: {"name": name, **one} if isinstance(one, dict) else one
            for name, one in flows.items()
        }
    return {str(data.get("name", "")): data}


def parse(data: Mapping[str, Any], kinds: Mapping[str, NodeKind]) -> tuple[Flow | None, Problems]:
    """The flow of one document, as far as it can be read, and all that is wrong with its form."""
    if not isinstance(data, Mapping):
        return None, [FlowFault("form", "{where}: a flow must be a table", Place(""))]
    place = Place(str(data.get("name", "?")))
    problems = [
        FlowFault("unknown_key", "{where}: unknown key", place.at(field=key))
        for key in data
        if key not in FLOW_KEYS
    ]
    name = _text(data, "name", place, problems, required=True)
    if name and not NAME.fullmatch(name):
        problems.append(
            FlowFault("name", "{where}: {name} is not a name", place.at(field="name"), name=name)
        )
    nodes: dict[str, Node] = {}
    tables = data.get("nodes")
    if not isinstance(tables, Mapping) or not tables:
        problems.append(FlowFault("missing", "{where}: is missing", place.at(field="nodes")))
        tables = {}
    for key, table in tables.items():
        node = _node(str(key), table, kinds, place.at(node=str(key)), problems)
        if node:
            nodes[node.name] = node
    flow = Flow(
        name=name,
        start=_text(data, "start", place, problems, required=True),
        operator=_text(data, "operator", place, problems),
        nodes=nodes,
        sub=_flag(data, place, problems),
        languages=_languages(data, place, problems),
        title=_title(data, place, problems),
    )
    return flow, problems


def _node(
    name: str, table: Any, kinds: Mapping[str, NodeKind], place: Place, problems: Problems
) -> Node | None:
    """One node with its kind's defaults; None when not even its kind is known."""
    if not isinstance(table, Mapping):
        problems.append(FlowFault("form", "{where}: a node must be a table", place))
        return None
    if not NAME.fullmatch(name):
        problems.append(FlowFault("name", "{where}: {name} is not a name", place, name=name))
    kind = kinds.get(str(table.get("kind", "")))
    if kind is None:
        known = ", ".join(sorted(kinds))
        problems.append(
            FlowFault(
                "kind",
                "{where}: {kind} is not a kind of node; known are {known}",
                place.at(field="kind"),
                kind=table.get("kind", ""),
                known=known,
            )
        )
        return None
    allowed = NODE_KEYS | {field.name for field in kind.fields}
    problems += [
        FlowFault("unknown_key", "{where}: unknown key", place.at(field=key))
        for key in table
        if key not in allowed
    ]
    fields = {field.name: _value(field, table, place, problems) for field in kind.fields}
    node = Node(name, kind.name, fields, _title(table, place, problems))
    if kind.check:
        problems += kind.check(node, place)
    return node


def _value(field: Field, table: Mapping[str, Any], place: Place, problems: Problems) -> Any:
    """A field's value, its default when it is not written or unfit."""
    here = place.at(field=field.name)
    if field.name not in table:
        if field.required:
            problems.append(_missing(field, here))
        return field.default
    try:
        return READERS[field.type](field, table[field.name], here)
    except Unfit as unfit:
        problems += unfit.problems
        return field.default


def _missing(field: Field, here: Place) -> FlowFault:
    if field.type.is_way:
        return FlowFault(
            "dead_end", "{where}: a dead end: name the node that follows, or hang up", here
        )
    return FlowFault("missing", "{where}: is missing", here)


def _text(
    data: Mapping[str, Any], key: str, place: Place, problems: Problems, *, required: bool = False
) -> str:
    value: object = data.get(key, "")
    if not isinstance(value, str):
        problems.append(FlowFault("value", "{where}: must be a text", place.at(field=key)))
        return ""
    if required and not value:
        problems.append(FlowFault("missing", "{where}: is missing", place.at(field=key)))
    return value


def _flag(data: Mapping[str, Any], place: Place, problems: Problems) -> bool:
    value = data.get("sub", False)
    if not isinstance(value, bool):
        problems.append(FlowFault("value", "{where}: must be true or false", place.at(field="sub")))
    return value is True


def _languages(data: Mapping[str, Any], place: Place, problems: Problems) -> tuple[str, ...]:
    value = data.get("languages", ["zh"])
    if isinstance(value, list) and value and all(isinstance(one, str) and one for one in value):
        return tuple(value)
    problems.append(
        FlowFault("value", "{where}: must be a list of languages", place.at(field="languages"))
    )
    return ("zh",)


def _title(data: Mapping[str, Any], place: Place, problems: Problems) -> Mapping[str, str]:
    value = data.get("title", {})
    if isinstance(value, str):
        return {"zh": value}
    if isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
        return {str(language): text for language, text in value.items()}
    problems.append(
        FlowFault("value", "{where}: must be a text for each language", place.at(field="title"))
    )
    return {}
