"""A plugin whose steps callers come to keeps its data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from careline.errors import Refused
from careline.ivr import store
from careline.ivr.routes import Dnis
from careline.ivr.store import VersionState, flow_table, version_table
from careline.ivr.uses import refuse_used
from careline.storage import Database, Tx

INSTALLED = ("his", "his_web", "survey")


def put(tx: Tx, name: str, *nodes: dict[str, Any], version: int = 1) -> None:
    if name not in store.flow_names(tx):
        tx.execute(insert(flow_table).values(name=name, published=version))
    document = {"name": name, "nodes": {f"n{at}": node for at, node in enumerate(nodes)}}
    row = {"flow": name, "version": version, "state": VersionState.PUBLISHED, "who": "x"}
    now = datetime(2026, 11, 23, tzinfo=UTC)
    tx.execute(insert(version_table).values(**row, document=document, changed_at=now))


def number(tx: Tx, *flows: str) -> None:
    store.put_dnis(tx, Dnis(number="4001", campus="main", **dict(zip(STATES, flows, strict=False))))


STATES = ("open", "after_hours", "holiday")


def test_flows_that_callers_come_to_are_named_sub_flows_too(db: Database) -> None:
    def story(tx: Tx) -> None:
        put(tx, "main", {"kind": "menu"}, {"kind": "call_flow", "flow": "rates"})
        put(tx, "rates", {"kind": "survey_ask"})
        put(tx, "night", {"kind": "look_up", "ask": "survey.open"})
        put(tx, "old", {"kind": "survey_ask"})
        number(tx, "main", "night")
        with pytest.raises(Refused, match=r"used by night, rates, to which called numbers lead"):
            refuse_used(tx, "survey", INSTALLED)

    db.run_sync(story)


def test_what_nobody_reaches_or_is_another_plugins_is_no_reason(db: Database) -> None:
    def story(tx: Tx) -> None:
        put(tx, "main", {"kind": "his_web_find"}, {"kind": "surveyed"})
        put(tx, "old", {"kind": "survey_ask"})
        number(tx, "main")
        refuse_used(tx, "his", INSTALLED)
        refuse_used(tx, "survey", INSTALLED)
        with pytest.raises(Refused):
            refuse_used(tx, "his_web", INSTALLED)

    db.run_sync(story)


def test_only_the_newest_version_counts(db: Database) -> None:
    def story(tx: Tx) -> None:
        put(tx, "main", {"kind": "survey_ask"})
        put(tx, "main", {"kind": "menu"}, version=2)
        number(tx, "main")
        refuse_used(tx, "survey", INSTALLED)

    db.run_sync(story)
