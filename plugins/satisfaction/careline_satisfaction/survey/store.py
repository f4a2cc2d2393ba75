"""Surveys in the database: a draft of each, its published versions for good, who gets which."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve
from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from careline.errors import NotFound
from careline.storage import BigId, Json, Tx, UTCDateTime, metadata
from careline_satisfaction.survey.check import check
from careline_satisfaction.survey.document import from_document, to_document
from careline_satisfaction.survey.model import Survey

DRAFT = 0

survey_table = Table(
    "satisfaction_survey",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Json, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    # Of one name and version there is one, whoever publishes at the same time.
    UniqueConstraint("name", "version"),
)
queue_table = Table(
    "satisfaction_queue",
    metadata,
    Column("queue", String(64), primary_key=True),
    Column("survey", String(32), nullable=False),
)
s, q = survey_table.c, queue_table.c


def surveys(tx: Tx) -> list[Survey]:
    """All versions of all surveys, drafts too, by name and version."""
    rows = tx.all(select(survey_table).order_by(s.name, s.version))
    return [from_document(row.name, row.version, row.document) for row in rows]


def draft(tx: Tx, name: str) -> Survey:
    """The draft of a survey; NotFound when there is none."""
    row = tx.one(select(survey_table).where(s.name == name, s.version == DRAFT))
    if row is None:
        raise NotFound("survey.unknown", "there is no survey {name}", name=name)
    return from_document(name, DRAFT, row.document)


def save_draft(tx: Tx, survey: Survey, by: str, now: datetime) -> None:
    """Store a draft, whole or not, over the one before."""
    values = {"document": to_document(survey), "at": now, "by": by}
    old = update(survey_table).where(s.name == survey.name, s.version == DRAFT).values(values)
    if tx.execute(old).rowcount == 0:
        _add(tx, survey, DRAFT, by, now)


def publish(tx: Tx, name: str, by: str, now: datetime) -> Survey:
    """Make a version of the draft, which stays; Invalid with all problems when it cannot be."""
    survey = draft(tx, name)
    check(survey)
    last = tx.scalar(select(func.max(s.version)).where(s.name == name)) or 0
    _add(tx, survey, last + 1, by, now)
    return evolve(survey, version=last + 1)


def _add(tx: Tx, survey: Survey, version: int, by: str, now: datetime) -> None:
    row = {
        "name": survey.name,
        "version": version,
        "document": to_document(survey),
        "at": now,
        "by": by,
    }
    tx.execute(insert(survey_table), row)


def queues(tx: Tx) -> dict[str, str]:
    """Queue -> survey, empty for none; the empty queue stands for all others."""
    return {row.queue: row.survey for row in tx.all(select(queue_table))}


def put_queues(tx: Tx, given: Mapping[str, str]) -> None:
    """Which queue gets which survey: an empty one for none, left out for that of all others."""
    tx.execute(delete(queue_table))
    rows = [{"queue": queue, "survey": survey} for queue, survey in given.items()]
    if rows:
        tx.execute(insert(queue_table), rows)
