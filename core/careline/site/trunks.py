"""Trunks: lines of providers, and what they do to numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from careline.asterisk.model import NAME
from careline.campuses.model import Trunk
from careline.campuses.store import list_campuses, list_trunks, put_trunk
from careline.errors import CarelineError, Conflict, Invalid, NotFound
from careline.numbers import NumberRules
from careline.site.made import CAMPUS, refuse, unknown
from careline.storage import Tx

RULES = tuple(one.name for one in attrs.fields(NumberRules))


def known_trunk(tx: Tx, trunk_id: str) -> Trunk:
    """The trunk with that id, else NotFound."""
    for one in list_trunks(tx):
        if one.id == trunk_id:
            return one
    raise NotFound("trunk.unknown", "there is no trunk {trunk}", trunk=trunk_id)


def add_trunk(tx: Tx, values: Mapping[str, Any]) -> Trunk:
    """Store a new trunk; its rules stand among the values and begin with the campus' area code."""
    trunk_id = values["id"]
    if trunk_id in {one.id for one in list_trunks(tx)}:
        raise Conflict(
            "trunk.exists", "there is a trunk {trunk} already", trunk=trunk_id, field="id"
        )
    trunk = _checked(tx, {"title": trunk_id, **values}, {})
    put_trunk(tx, trunk)
    return trunk


def change_trunk(tx: Tx, trunk_id: str, changes: Mapping[str, Any]) -> Trunk:
    """Store a trunk with some values or rules changed; NotFound when there is none."""
    old = attrs.asdict(known_trunk(tx, trunk_id))
    rules = old.pop("rules")
    trunk = _checked(tx, {**old, **changes}, rules)
    put_trunk(tx, trunk)
    return trunk


def _checked(tx: Tx, values: Mapping[str, Any], rules: Mapping[str, Any]) -> Trunk:
    campuses = {one.id: one for one in list_campuses(tx)}
    said = {name: value for name, value in values.items() if name in RULES}
    own = {name: value for name, value in values.items() if name not in RULES}
    if own["campus"] in campuses and not rules and not said.get("area_code"):
        said["area_code"] = campuses[own["campus"]].area_code
    made = NumberRules(**{**rules, **said})
    refuse([*_problems(own, campuses), *made.problems()])
    return Trunk(**own, rules=made)


def _problems(values: Mapping[str, Any], campuses: Mapping[str, Any]) -> list[CarelineError]:
    problems = unknown(CAMPUS, [values["campus"]], campuses, "campus")
    if not values["campus"]:
        problems.append(Invalid("trunk.campus", "a trunk belongs to a campus"))
    if not NAME.fullmatch(values["id"]):
        message = "{name} is no name for a trunk: use letters, digits, - and _"
        problems.append(Invalid("trunk.name", message, name=values["id"], field="id"))
    if not is_host(values["host"]):
        message = "{host} is no address such as 203.0.113.7:5060"
        problems.append(Invalid("trunk.host", message, host=values["host"]))
    if values.get("channels", 1) < 1:
        problems.append(Invalid("trunk.channels", "a trunk has at least one channel"))
    return problems


def is_host(host: str) -> bool:
    """True for an address, a network or a name, with a port if it must be."""
    name, colon, port = host.partition(":")
    right_port = not colon or (port.isdigit() and 0 < int(port) < 65536)
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*(/\d{1,2})?", name)) and right_port
