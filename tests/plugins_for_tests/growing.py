"""A plugin that is a package of its own and grows: the second version has one more column."""

from __future__ import annotations

import shutil
from pathlib import Path

PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "careline-growing"
version = "{version}"
[project.entry-points."careline.plugins"]
growing = "careline_growing.plugin:plugin"
[tool.setuptools]
packages = ["careline_growing", "careline_growing.migrations"]
"""

PLUGIN = """\
from pathlib import Path
from careline.plugins import Plugin
from careline_growing import store

class Growing:
    def __init__(self, core, config):
        self.core = core

    async def start(self):
        await self.core.db.run(store.note, "{version}")
        {start}

plugin = Plugin(
    name="growing",
    title="Growing",
    version="{version}",
    hooks=Growing,
    core="{core}",
    migrations=Path(__file__).parent / "migrations",
)
"""

STORE = """\
from sqlalchemy import Column, Integer, String, Table
from careline.storage import metadata

notes = Table(
    "growing_note",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("words", String(40), nullable=False),
    {more}
)

def note(tx, words):
    tx.execute(notes.insert().values(words=words{values}))
"""

MOOD = 'Column("mood", String(20)),'

FIRST = """\
import sqlalchemy as sa
from alembic import op
revision = "growing_0001"
down_revision = None
branch_labels = ("growing",)
depends_on = "core_0001"

def upgrade():
    op.create_table(
        "growing_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_growing_note")),
    )

def downgrade():
    op.drop_table("growing_note")
"""

SECOND = """\
import sqlalchemy as sa
from alembic import op
revision = "growing_0002"
down_revision = "growing_0001"
branch_labels = None
depends_on = None

def upgrade():
    op.add_column("growing_note", sa.Column("mood", sa.String(20), nullable=True))
    {fails}

def downgrade():
    with op.batch_alter_table("growing_note") as table:
        table.drop_column("mood")
"""


def write(
    folder: Path,
    version: str,
    *,
    grown: bool = False,
    start: str = "pass",
    fails: str = "",
    core: str = ">=0.1",
) -> Path:
    """Write the source of one version; ``start`` and ``fails`` are statements of what goes wrong.

    Gives the folder, as ``pip install`` and ``careline plugin upgrade`` take it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    package = folder / "careline_growing"
    (package / "migrations").mkdir(parents=True)
    files = {
        folder / "pyproject.toml": PROJECT.format(version=version),
        package / "__init__.py": "",
        package / "migrations" / "__init__.py": "",
        package / "plugin.py": PLUGIN.format(version=version, start=start, core=core),
        package / "store.py": STORE.format(
            more=MOOD if grown else "", values=', mood="good"' if grown else ""
        ),
        package / "migrations" / "growing_0001_first.py": FIRST,
    }
    if grown:
        files[package / "migrations" / "growing_0002_mood.py"] = SECOND.format(fails=fails)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return folder


def install(source: Path, folder: Path) -> Path:
    """What pip would do with the source of a version, done by hand: ``folder`` goes on the path."""
    shutil.copytree(source / "careline_growing", folder / "careline_growing")
    info = folder / "careline_growing-1.0.dist-info"
    info.mkdir()
    about = "Metadata-Version: 2.1\nName: careline-growing\nVersion: 1.0\n"
    (info / "METADATA").write_text(about, encoding="utf-8")
    points = "[careline.plugins]\ngrowing = careline_growing.plugin:plugin\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    return folder
