"""Write the next revision: ``python -m careline_migrations.new "what changes"``.

Compares all tables of the core (or, with ``--plugin NAME``, of that plugin) with what the
revisions so far make of an empty database, and writes the difference as ``core_0002_...py``.
Read it before you commit it: renames look like a drop and an add. To write the first revision
anew before it was ever released, delete it and run this again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from careline.storage.columns import metadata
from careline.storage.migrate import CORE, Migrations, build_config, engine_of, scripts_folder
from careline.storage.revision_env import compare_options
from careline_migrations.tables import import_stores


def differences(migrations: Migrations, name: str = CORE) -> list[Any]:
    """What an upgraded database lacks or has too much, in alembic's form; [] when they agree."""
    with engine_of(migrations).connect() as connection:
        options = compare_options(lambda table: migrations.owner(table) == name)
        options.pop("target_metadata")
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))


def next_id(script: ScriptDirectory, name: str) -> str:
    """``core_0001``, ``core_0002`` ... whatever comes after what exists."""
    taken = [one.revision for one in script.walk_revisions() if name in one.branch_labels]
    numbers = [int(revision.rsplit("_", 1)[1]) for revision in taken]
    return f"{name}_{max(numbers, default=0) + 1:04d}"


def write_revision(message: str, name: str = CORE, folder: Path | None = None) -> Path | None:
    """Write the next revision of a branch into ``folder``; None when nothing has changed."""
    core = scripts_folder() / "versions"
    target = folder or core
    target.mkdir(parents=True, exist_ok=True)
    folders = [core] if target == core else [core, target]
    config = build_config(folders)
    script = ScriptDirectory.from_config(config)
    first = next_id(script, name).endswith("_0001")
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/scratch.db"
        plugins = {} if name == CORE else {name: target}
        migrations = Migrations(url, plugins)
        if next_id(script, CORE) != "core_0001":
            installed = {} if first else plugins
            before = Migrations(url, installed)
            before.upgrade(installed)
            before.close()
        migrations.config = config
        with engine_of(migrations).connect() as connection:
            config.attributes["connection"] = connection
            config.attributes["owned"] = lambda table: migrations.owner(table) == name
            made = _revision(config, script, message, name, first, target)
        migrations.close()
    return made


def _revision(
    config: Any, script: ScriptDirectory, message: str, name: str, first: bool, target: Path
) -> Path | None:
    empty: list[bool] = []

    def note_empty(context: Any, revision: Any, directives: list[Any]) -> None:
        if directives[0].upgrade_ops.is_empty():
            empty.append(True)
            directives.clear()

    made = command.revision(
        config,
        message,
        autogenerate=True,
        rev_id=next_id(script, name),
        head="base" if first else f"{name}@head",
        branch_label=name if first else None,
        depends_on=_core_head(script) if first and name != CORE else None,
        version_path=str(target),
        process_revision_directives=note_empty,
    )
    if empty or not isinstance(made, Script):
        return None
    return Path(made.path)


def _core_head(script: ScriptDirectory) -> str:
    return str(script.get_revisions(f"{CORE}@head")[0].revision)


def main(arguments: list[str] | None = None) -> int:
    """Run as a command; exit code 1 when nothing has changed."""
    parser = argparse.ArgumentParser(prog="careline_migrations.new", description=__doc__)
    parser.add_argument("message", help="what changes, in a few words")
    parser.add_argument("--plugin", help="name of the plugin whose package is careline_<name>")
    given = parser.parse_args(arguments)
    import_stores()
    if given.plugin is None:
        made = write_revision(given.message)
    else:
        package = f"careline_{given.plugin}"
        if find_spec(f"{package}.plugin"):  # a running program knows these tables too
            import_module(f"{package}.plugin")
        import_stores(package)
        made = write_revision(given.message, given.plugin, package_folder(package) / "migrations")
    if made is None:
        print("Nothing has changed: no revision written.")
        return 1
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", made], check=False)  # noqa: S603
    print(made)
    return 0


def package_folder(package: str) -> Path:
    """The folder of an importable package."""
    import_module(package)
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ImportError(package)
    return Path(spec.origin).parent


if __name__ == "__main__":
    sys.exit(main())
