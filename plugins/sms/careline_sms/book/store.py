"""Entries of the address book in the database; a number stands once."""

from __future__ import annotations

from datetime import datetime

from attrs import asdict, field, fields, frozen
from attrs.validators import max_len
from sqlalchemy import Column, Index, String, Table, delete, insert, or_, select, update

from careline.errors import Conflict, NotFound
from careline.numbers.phone import masked
from careline.storage import AnyRow, BigId, Tx, UTCDateTime, metadata


@frozen(kw_only=True, repr=False)
class Contact:
    """Somebody whom messages are sent to; ``label`` groups them (科主任, 合作医院)."""

    id: int = 0
    name: str = field(validator=max_len(64))
    number: str
    label: str = field(default="", validator=max_len(64))
    note: str = field(default="", validator=max_len(200))
    by: str = ""
    changed: datetime

    def __repr__(self) -> str:
        """Masked."""
        return f"Contact({self.id}, {masked(self.number)})"


contact_table = Table(
    "sms_contact",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("number", String(32), nullable=False, unique=True),
    Column("label", String(64), nullable=False),
    Column("note", String(200), nullable=False),
    Column("by", String(64), nullable=False),
    Column("changed", UTCDateTime, nullable=False),
    Index(None, "label", "name"),
)
c = contact_table.c
NAMES = tuple(one.name for one in fields(Contact))


def _contact(row: AnyRow) -> Contact:
    return Contact(**{name: row._mapping[name] for name in NAMES})


def list_contacts(tx: Tx, text: str = "", label: str = "", most: int = 500) -> list[Contact]:
    """Those whose name, note or number has ``text``, by label and name."""
    query = select(contact_table).order_by(c.label, c.name).limit(most)
    if text:
        query = query.where(
            or_(
                c.name.contains(text, autoescape=True),
                c.note.contains(text, autoescape=True),
                c.number.contains(text, autoescape=True),
            )
        )
    if label:
        query = query.where(c.label == label)
    return [_contact(row) for row in tx.all(query)]


def list_labels(tx: Tx) -> list[str]:
    """All labels in use."""
    return [str(one) for one in tx.scalars(select(c.label).distinct().order_by(c.label)) if one]


def get_contact(tx: Tx, contact_id: int) -> Contact:
    """The one with that id, else NotFound."""
    row = tx.one(select(contact_table).where(c.id == contact_id))
    if row is None:
        raise NotFound("sms.contact_unknown", "there is no contact {id}", id=contact_id)
    return _contact(row)


def put_contact(tx: Tx, contact: Contact) -> Contact:
    """Store a new one (id 0) or a changed one; Conflict when another has the number."""
    values = asdict(contact)
    values.pop("id")
    other = tx.scalar(select(c.id).where(c.number == contact.number, c.id != contact.id))
    if other is not None:
        raise Conflict("sms.contact_number", "Another entry has this number.")
    if not contact.id:
        new_id = tx.scalar(insert(contact_table).values(values).returning(c.id))
        return get_contact(tx, new_id)
    tx.execute(update(contact_table).where(c.id == contact.id).values(values))
    return get_contact(tx, contact.id)


def remove_contact(tx: Tx, contact_id: int) -> None:
    """Take it out."""
    tx.execute(delete(contact_table).where(c.id == contact_id))
