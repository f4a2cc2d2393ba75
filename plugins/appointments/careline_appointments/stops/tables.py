"""The tables of stops: the stop, its clinics, and a task for each visit that it strikes."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from careline.clinic import HalfDay
from careline.storage import BigId, EnumValue, UTCDateTime, metadata
from careline_appointments.stops.model import Origin, TaskState, Word

stop_table = Table(
    "appointments_stop",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("campus", String(32), nullable=False),
    Column("department", String(64), nullable=False),
    Column("doctor", String(64), nullable=False),
    Column("department_name", String(200), nullable=False),
    Column("doctor_name", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("origin", EnumValue(Origin), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("last", Date, nullable=False),
    Column("sub_campus", String(32), nullable=False),
    Column("sub_department", String(64), nullable=False),
    Column("sub_clinic", String(120), nullable=False),
    Column("sub_day", Date),
    Column("sub_name", String(200), nullable=False),
    Column("undone", UTCDateTime),
    Column("undone_by", String(64), nullable=False),
    Index(None, "last"),
)
clinic_table = Table(
    "appointments_stop_clinic",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("stop", ForeignKey("appointments_stop.id", ondelete="CASCADE"), nullable=False),
    Column("clinic", String(120), nullable=False),
    Column("day", Date, nullable=False),
    Column("half", EnumValue(HalfDay), nullable=False),
    Column("word", EnumValue(Word), nullable=False),
    Column("words", Text, nullable=False),
    # Campus and clinic while the stop counts: a clinic is stopped once. NULL when it was undone.
    Column("holds", String(200), unique=True),
    Index(None, "stop"),
)
task_table = Table(
    "appointments_stop_task",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("stop", ForeignKey("appointments_stop.id", ondelete="CASCADE"), nullable=False),
    Column("booking", BigId, nullable=False),
    Column("state", EnumValue(TaskState), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("taken", UTCDateTime),
    Column("tries", Integer, nullable=False),
    Column("due", UTCDateTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("moved_to", BigId, nullable=False),
    Column("changed", UTCDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    UniqueConstraint("stop", "booking"),
    Index(None, "booking"),
    Index(None, "state", "due"),
)
