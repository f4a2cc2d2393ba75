"""The tables of the embedded system; all campuses that use it share them.

What must never happen is forbidden here, not only avoided in code: a slot that has more visits than
places, two visits with the same turn in a clinic, a key that is booked twice, a person who has two
places in one slot. ``turn`` and ``holder`` of a visit are empty once it holds no place any more.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
)

from careline.clinic import ClinicKind, HalfDay, VisitState
from careline.storage import BigId, EnumValue, Json, UTCDateTime, metadata


def _campus() -> Column[str]:
    return Column("campus", String(32), primary_key=True)


def _code(name: str = "code") -> Column[str]:
    return Column(name, String(64), primary_key=True)


def _text(name: str, length: int) -> Column[str]:
    return Column(name, String(length), nullable=False, default="")


department_table = Table(
    "his_webservice_department",
    metadata,
    _campus(),
    _code(),
    Column("name", String(64), nullable=False),
    _text("name_en", 128),
    Column("intro", Text, nullable=False, default=""),
    Column("intro_en", Text, nullable=False, default=""),
    _text("place", 128),
    Column("diseases", Json, nullable=False, default=list),
    Column("position", Integer, nullable=False, default=100),
)

doctor_table = Table(
    "his_webservice_doctor",
    metadata,
    _campus(),
    _code(),
    Column("name", String(64), nullable=False),
    _text("name_en", 128),
    Column("department", String(64), nullable=False),
    _text("title", 32),
    Column("expert", Boolean, nullable=False, default=False),
    _text("specialty", 200),
    Column("diseases", Json, nullable=False, default=list),
    Column("intro", Text, nullable=False, default=""),
    Column("intro_en", Text, nullable=False, default=""),
    _text("number", 16),
)

#: Which doctor (or, with none, which general clinic) is there on which half-day of every week.
plan_table = Table(
    "his_webservice_plan",
    metadata,
    _campus(),
    Column("department", String(64), primary_key=True),
    Column("doctor", String(64), primary_key=True),
    Column("weekday", Integer, primary_key=True, autoincrement=False),
    Column("half", EnumValue(HalfDay), primary_key=True),
    Column("kind", EnumValue(ClinicKind), nullable=False),
    Column("fee_cents", Integer),
    _text("place", 128),
    Column("start", Time, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
)

clinic_table = Table(
    "his_webservice_clinic",
    metadata,
    _campus(),
    _code(),
    Column("department", String(64), nullable=False),
    Column("doctor", String(64), nullable=False, default=""),
    Column("day", Date, nullable=False),
    Column("half", EnumValue(HalfDay), nullable=False),
    Column("kind", EnumValue(ClinicKind), nullable=False),
    Column("fee_cents", Integer),
    _text("place", 128),
    Column("stopped", Boolean, nullable=False, default=False),
    _text("reason", 200),
    Index(None, "campus", "day"),
)

#: ``first`` is the turn of the slot's first place; the clinic's slots share none.
slot_table = Table(
    "his_webservice_slot",
    metadata,
    _campus(),
    _code(),
    Column("clinic", String(64), nullable=False),
    Column("day", Date, nullable=False),
    Column("start", Time, nullable=False),
    Column("end", Time, nullable=False),
    Column("first", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False, default=0),
    Column("open", Boolean, nullable=False, default=True),
    CheckConstraint("taken >= 0 AND taken <= capacity", name="places"),
    UniqueConstraint("campus", "clinic", "first"),
    Index(None, "campus", "day"),
)

#: Outpatients; ``identity`` is what makes two of them the same person (see ``people.py``).
person_table = Table(
    "his_webservice_person",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("campus", String(32), nullable=False),
    Column("number", String(32)),
    Column("identity", String(200)),
    Column("patient", BigId, nullable=False, default=0, index=True),
    Column("name", String(64), nullable=False),
    _text("sex", 16),
    Column("birth_date", Date),
    Column("id_card", String(18), nullable=False, default=""),
    _text("phone", 32),
    UniqueConstraint("campus", "number"),
    UniqueConstraint("campus", "identity"),
    Index(None, "campus", "id_card"),
    Index(None, "campus", "phone"),
)

visit_table = Table(
    "his_webservice_visit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("campus", String(32), nullable=False),
    Column("key", String(40), nullable=False),
    Column("state", EnumValue(VisitState), nullable=False),
    Column("clinic", String(64), nullable=False),
    Column("slot", String(64), nullable=False),
    Column("day", Date, nullable=False),
    Column("turn", Integer),
    Column("holder", String(32)),
    _text("number", 16),
    _text("outpatient_number", 32),
    _text("reason", 200),
    Column("made", UTCDateTime, nullable=False),
    Column("changed", UTCDateTime, nullable=False),
    UniqueConstraint("campus", "key"),
    UniqueConstraint("campus", "clinic", "turn"),
    UniqueConstraint("campus", "slot", "holder"),
    Index(None, "campus", "outpatient_number"),
)

#: Hospital information of every kind (inpatients, drug prices ...): cells as they are shown.
info_table = Table(
    "his_webservice_info",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("campus", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("day", Date),
    _text("number", 32),
    Column("found_by", String(200), nullable=False, default=""),
    Column("cells", Json, nullable=False),
    Index(None, "campus", "kind", "day"),
)
