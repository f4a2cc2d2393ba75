"""Templates in the database, with all their versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import asdict, fields
from sqlalchemy import Column, Integer, String, Table, Text, func, insert, select, update

from careline.storage import AnyRow, BigId, EnumValue, Tx, UTCDateTime, metadata
from careline_sms.templating.model import Template, TemplateState

template_table = Table(
    "sms_template",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(64), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("state", EnumValue(TemplateState), nullable=False),
    Column("title", String(100), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("changed", UTCDateTime),
    Column("approved_by", String(64), nullable=False),
    Column("approved", UTCDateTime),
)
t = template_table.c
NAMES = tuple(one.name for one in fields(Template))


def approved(tx: Tx) -> list[Template]:
    """Those that are sent, by name."""
    query = select(template_table).where(t.state == TemplateState.APPROVED).order_by(t.name)
    return [_template(row) for row in tx.all(query)]


def newest(tx: Tx) -> list[Template]:
    """The newest version of each, by name."""
    last = select(func.max(t.id)).group_by(t.name)
    query = select(template_table).where(t.id.in_(last)).order_by(t.name)
    return [_template(row) for row in tx.all(query)]


def versions(tx: Tx, name: str) -> list[Template]:
    """All versions, the newest first."""
    query = select(template_table).where(t.name == name).order_by(t.id.desc())
    return [_template(row) for row in tx.all(query)]


def put(tx: Tx, template: Template) -> None:
    """Store a version in place of the one with its number, if there is one."""
    values: dict[str, Any] = asdict(template, recurse=False)
    same = (t.name == template.name, t.version == template.version)
    if tx.execute(update(template_table).where(*same).values(values)).rowcount == 0:
        tx.execute(insert(template_table).values(values))


def approve(tx: Tx, template: Template, by: str, now: datetime) -> None:
    """Send this version from now on, and no other one of its name."""
    mine = t.name == template.name
    old = (mine, t.state == TemplateState.APPROVED)
    tx.execute(update(template_table).where(*old).values(state=TemplateState.OLD))
    this = (mine, t.version == template.version)
    told = {"state": TemplateState.APPROVED, "approved_by": by, "approved": now}
    tx.execute(update(template_table).where(*this).values(told))


def _template(row: AnyRow) -> Template:
    return Template(**{name: row._mapping[name] for name in NAMES})
