"""Writes small revision files, for tests that bring migrations of their own."""

from __future__ import annotations

from pathlib import Path

HEAD = """
import sqlalchemy as sa
from alembic import op
revision = {id!r}
down_revision = {down!r}
branch_labels = {label!r}
depends_on = {needs!r}
"""


def write(
    folder: Path, revision: str, up: str, down: str = "pass", needs: str | None = None
) -> Path:
    """Write revision ``name_NNNN``, which follows the one numbered before it."""
    name, number = revision.rsplit("_", 1)
    before = f"{name}_{int(number) - 1:04d}" if int(number) > 1 else None
    text = HEAD.format(id=revision, down=before, label=None if before else (name,), needs=needs)
    for verb, body in (("upgrade", up), ("downgrade", down)):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        text += f"\n\ndef {verb}():\n{lines}"
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{revision}.py"
    path.write_text(text)
    return path


def table(name: str, *columns: str) -> str:
    """The line that makes a table with an id."""
    more = "".join(f", {column}" for column in columns)
    return f"op.create_table({name!r}, sa.Column('id', sa.Integer, primary_key=True){more})"


def drop(name: str) -> str:
    return f"op.drop_table({name!r})"
