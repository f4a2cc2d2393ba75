"""Surveys in the database: a draft of each, its published versions for good.

Each belongs to ``owner``, the name of the plugin that asks it.
"""

from __future__ import annotations

from datetime import datetime

from attrs import evolve
from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from careline.errors import NotFound
from careline.storage import BigId, Json, Tx, UTCDateTime, metadata
from careline.surveys.check import check
from careline.surveys.document import from_document, to_document
from careline.surveys.model import Survey

DRAFT = 0

survey_table = Table(
    "survey",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("owner", String(48), nullable=False),
    Column("name", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Json, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    # Of one name and version there is one, whoever publishes at the same time.
    UniqueConstraint("owner", "name", "version"),
)
s = survey_table.c


def surveys(tx: Tx, owner: str) -> list[Survey]:
    """All versions of all surveys, drafts too, by name and version."""
    query = select(survey_table).where(s.owner == owner).order_by(s.name, s.version)
    return [from_document(row.name, row.version, row.document) for row in tx.all(query)]


def draft(tx: Tx, owner: str, name: str) -> Survey:
    """The draft of a survey; NotFound when there is none."""
    found = _draft(tx, owner, name)
    if found is None:
        raise NotFound("survey.unknown", "there is no survey {name}", name=name)
    return found


def _draft(tx: Tx, owner: str, name: str) -> Survey | None:
    where = (s.owner == owner, s.name == name, s.version == DRAFT)
    row = tx.one(select(survey_table).where(*where))
    return None if row is None else from_document(name, DRAFT, row.document)


def save_draft(tx: Tx, owner: str, survey: Survey, by: str, now: datetime) -> None:
    """Store a draft, whole or not, over the one before."""
    values = {"document": to_document(survey), "at": now, "by": by}
    where = (s.owner == owner, s.name == survey.name, s.version == DRAFT)
    if tx.execute(update(survey_table).where(*where).values(values)).rowcount == 0:
        _add(tx, owner, evolve(survey, version=DRAFT), by, now)


def publish(
    tx: Tx, owner: str, name: str, by: str, now: datetime, *, scored: bool = False
) -> Survey:
    """Make a version of the draft, which stays; Invalid with all problems when it cannot be."""
    survey = draft(tx, owner, name)
    check(survey, scored=scored)
    where = (s.owner == owner, s.name == name)
    last = tx.scalar(select(func.max(s.version)).where(*where)) or 0
    published = evolve(survey, version=last + 1)
    _add(tx, owner, published, by, now)
    return published


def ship(
    tx: Tx, owner: str, survey: Survey, by: str, now: datetime, *, scored: bool = False
) -> bool:
    """Publish a survey that comes with careline, unless there is one of its name."""
    if _draft(tx, owner, survey.name) is not None:
        return False
    save_draft(tx, owner, survey, by, now)
    publish(tx, owner, survey.name, by, now, scored=scored)
    return True


def _add(tx: Tx, owner: str, survey: Survey, by: str, now: datetime) -> None:
    row = {
        "owner": owner,
        "name": survey.name,
        "version": survey.version,
        "document": to_document(survey),
        "at": now,
        "by": by,
    }
    tx.execute(insert(survey_table), row)
