"""Tables and SQL of prompts: every version that was ever heard, and which one is heard now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import asdict
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    func,
    insert,
    select,
    update,
)

from careline.i18n import Lang
from careline.prompts.model import Draft, Prompt, Source
from careline.storage import EnumValue, Tx, UTCDateTime, metadata

versions = Table(
    "prompt_version",
    metadata,
    Column("language", String(8), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("source", EnumValue(Source, 16), nullable=False),
    Column("sound", String(64), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("shipped", Boolean, nullable=False),
    Column("made_at", UTCDateTime, nullable=False),
)
prompts = Table(
    "prompt",
    metadata,
    Column("language", String(8), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(
        ["language", "name", "version"],
        ["prompt_version.language", "prompt_version.name", "prompt_version.version"],
    ),
)

_SAME = and_(prompts.c.language == versions.c.language, prompts.c.name == versions.c.name)


def add_versions(tx: Tx, drafts: Sequence[Draft], now: datetime) -> list[Prompt]:
    """Number each draft as the next version of its prompt and make it the one that is heard."""
    last = _last_versions(tx)
    return [_add(tx, draft, last.get((draft.language, draft.name), 0), now) for draft in drafts]


def current(tx: Tx) -> list[Prompt]:
    """The version heard now of every prompt, by language and name."""
    rows = tx.all(_select().where(prompts.c.version == versions.c.version))
    return [_prompt(row) for row in rows]


def history(tx: Tx, lang: Lang, name: str) -> list[Prompt]:
    """All versions of one prompt, newest first."""
    wanted = and_(versions.c.language == lang, versions.c.name == name)
    return [_prompt(row) for row in reversed(tx.all(_select().where(wanted)))]


def choose(tx: Tx, lang: Lang, name: str, version: int) -> None:
    """Let an existing version be heard."""
    this = and_(prompts.c.language == lang, prompts.c.name == name)
    tx.execute(update(prompts).where(this).values(version=version))


def _add(tx: Tx, draft: Draft, last: int, now: datetime) -> Prompt:
    made = Prompt(**asdict(draft), version=last + 1, made_at=now)
    row = asdict(made)
    del row["current"]
    tx.execute(insert(versions).values(row))
    if last:
        choose(tx, made.language, made.name, made.version)
    else:
        first = {"language": made.language, "name": made.name, "version": made.version}
        tx.execute(insert(prompts).values(first))
    return made


def _last_versions(tx: Tx) -> dict[tuple[Lang, str], int]:
    key = (versions.c.language, versions.c.name)
    rows = tx.all(select(*key, func.max(versions.c.version).label("last")).group_by(*key))
    return {(row.language, row.name): row.last for row in rows}


def _select() -> Select[Any]:
    heard = (prompts.c.version == versions.c.version).label("current")
    order = (versions.c.language.desc(), versions.c.name, versions.c.version)
    return select(versions, heard).join(prompts, _SAME).order_by(*order)


def _prompt(row: Row[Any]) -> Prompt:
    return Prompt(**{name: row._mapping[name] for name in (*versions.c.keys(), "current")})
