"""Flows and their versions in the database, and the numbers that lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import asdict, evolve, frozen
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from careline.errors import Conflict, NotFound
from careline.ivr.check import Known, check_all
from careline.ivr.model import Flow
from careline.ivr.routes import Dnis
from careline.storage import EnumValue, Json, Tx, UTCDateTime, metadata

KEPT_VERSIONS = 20


class VersionState(Enum):
    """A draft can still be changed; a published version never."""

    DRAFT = "draft"
    PUBLISHED = "published"


flow_table = Table(
    "flow",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("published", Integer),
)
version_table = Table(
    "flow_version",
    metadata,
    Column("flow", String(48), ForeignKey("flow.name"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", EnumValue(VersionState), nullable=False),
    Column("document", Json, nullable=False),
    Column("who", String(64), nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)
dnis_table = Table(
    "dnis",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("campus", String(32), nullable=False),
    Column("open", String(48), nullable=False),
    Column("after_hours", String(48), nullable=False),
    Column("holiday", String(48), nullable=False),
    Column("title", String(64), nullable=False),
)


@frozen(kw_only=True)
class FlowVersion:
    """A stored version of a flow; ``document`` is the flow as data, as it was written."""

    flow: str
    version: int
    state: VersionState
    document: Mapping[str, Any]
    who: str
    changed_at: datetime


def save_draft(
    tx: Tx, document: Mapping[str, Any], who: str, now: datetime, based_on: int | None = None
) -> FlowVersion:
    """Store the document as its flow's draft, valid or not; a flow has at most one draft.

    ``based_on`` is the version that was edited: Conflict when there is a newer one.
    """
    name = str(document.get("name", ""))
    newest = newest_version(tx, name)
    if based_on is not None and newest and newest.version != based_on:
        raise Conflict(
            "flow.edited", "{who} has changed flow {flow} meanwhile", who=newest.who, flow=name
        )
    if newest is None:
        tx.execute(insert(flow_table).values(name=name, published=None))
    number = newest.version if newest else 0
    values = {"document": dict(document), "who": who, "changed_at": now}
    if newest and newest.state is VersionState.DRAFT:
        tx.execute(update(version_table).where(*_key(name, number)).values(values))
    else:
        number += 1
        row = {"flow": name, "version": number, "state": VersionState.DRAFT, **values}
        tx.execute(insert(version_table).values(row))
    return get_version(tx, name, number)


def publish(tx: Tx, name: str, known: Known, who: str, now: datetime) -> Flow:
    """Publish the draft; Invalid with all its problems, NotFound when there is no draft."""
    newest = newest_version(tx, name)
    if newest is None or newest.state is not VersionState.DRAFT:
        raise NotFound("flow.no_draft", "flow {flow} has no draft", flow=name)
    if known.flows is not None:
        known = evolve(known, flows={*known.flows, *flow_names(tx)})
    [flow] = check_all(newest.document, known)
    state = {"state": VersionState.PUBLISHED, "who": who, "changed_at": now}
    tx.execute(update(version_table).where(*_key(name, newest.version)).values(state))
    row = update(flow_table).where(flow_table.c.name == name)
    tx.execute(row.values(published=newest.version))
    return evolve(flow, version=newest.version)


def _key(name: str, version: int) -> tuple[Any, Any]:
    return version_table.c.flow == name, version_table.c.version == version


def get_version(tx: Tx, name: str, version: int) -> FlowVersion:
    """One version, else NotFound."""
    row = tx.one(select(version_table).where(*_key(name, version)))
    if row is None:
        raise NotFound(
            "flow.no_version", "flow {flow} has no version {version}", flow=name, version=version
        )
    return FlowVersion(**row._mapping)


def newest_version(tx: Tx, name: str) -> FlowVersion | None:
    """The draft if there is one, else the last published version."""
    newest = select(func.max(version_table.c.version)).where(version_table.c.flow == name)
    number = tx.scalar(newest)
    return None if number is None else get_version(tx, name, number)


def versions(tx: Tx, name: str) -> list[FlowVersion]:
    """All versions of a flow, newest first."""
    query = select(version_table).where(version_table.c.flow == name)
    rows = tx.all(query.order_by(version_table.c.version.desc()))
    return [FlowVersion(**row._mapping) for row in rows]


def flow_names(tx: Tx) -> list[str]:
    """Names of all flows, published or not."""
    return tx.scalars(select(flow_table.c.name).order_by(flow_table.c.name))


def published(tx: Tx) -> list[FlowVersion]:
    """What calls may still run: the last published versions of every flow, oldest first."""
    query = select(version_table).where(version_table.c.state == VersionState.PUBLISHED)
    rows = tx.all(query.order_by(version_table.c.flow, version_table.c.version.desc()))
    kept: dict[str, list[FlowVersion]] = {}
    for row in rows:
        found = kept.setdefault(row.flow, [])
        if len(found) < KEPT_VERSIONS:
            found.append(FlowVersion(**row._mapping))
    return [version for found in kept.values() for version in reversed(found)]


def put_dnis(tx: Tx, entry: Dnis) -> None:
    """Store what a called number leads to, over its earlier entry; NotFound for unknown flows."""
    names = flow_names(tx)
    for flow in filter(None, (entry.open, entry.after_hours, entry.holiday)):
        if flow not in names:
            raise NotFound("flow.unknown", "there is no flow {flow}", flow=flow)
    tx.execute(delete(dnis_table).where(dnis_table.c.number == entry.number))
    tx.execute(insert(dnis_table).values(asdict(entry)))


def remove_dnis(tx: Tx, number: str) -> None:
    """Delete the entry of a called number; NotFound when there is none."""
    if tx.execute(delete(dnis_table).where(dnis_table.c.number == number)).rowcount == 0:
        raise NotFound("dnis.unknown", "no flow is set for calls to {number}", number=number)


def list_dnis(tx: Tx) -> list[Dnis]:
    """All entries by number."""
    rows = tx.all(select(dnis_table).order_by(dnis_table.c.number))
    return [Dnis(**row._mapping) for row in rows]
