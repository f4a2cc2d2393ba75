"""``careline plugin new``: a whole small plugin, to begin one's own with."""

from __future__ import annotations

import pkgutil
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from careline.terminal.frame import Command, option
from careline.terminal.say import _, say

NEXT = (
    "cd {folder}",
    'python -m pip install -e ".[test]"',
    "python -m pytest",
    "careline plugin check {name}",
    "careline plugin enable {name}",
)


@click.command(
    "new", cls=Command, help=_("Write a new plugin: a whole small one that works, to change.")
)
@click.argument("name")
@option("--to", default=".", type=click.Path(), help=_("Where its folder is made; here if absent."))
@option("--title", default="", help=_("What it is called in English."))
@option("--title-zh", default="", help=_("What it is called in Chinese."))
def new(name: str, to: str, title: str, title_zh: str) -> None:
    """Write the files, and say what to do next."""
    from careline.plugins.scaffold import write

    files = write(name, Path(to), title=title, title_zh=title_zh, taken=set(_taken()))
    folder = Path(to) / name
    say(_("{count} files of a new plugin are in {folder}. Next:"), count=len(files), folder=folder)
    for line in (*_of_checkout(), *NEXT):
        click.echo("  " + line.format(folder=shlex.quote(str(folder)), name=name))


def _of_checkout() -> tuple[str, ...]:
    """Mypy finds a careline that runs from its source only when it is told where that is.

    The project's own environment tells it (``tools/environment.py``).
    """
    import careline
    import careline_cli
    import careline_migrations

    roots = [Path(one.__path__[0]).parent for one in (careline, careline_cli, careline_migrations)]
    if len(set(roots)) == 1 or all(str(root) in sys.path for root in roots):
        return ()
    return (f"export MYPYPATH={':'.join(shlex.quote(str(root)) for root in roots)}",)


def _taken() -> Iterator[str]:
    """What something else has: plugins, commands, tables, and the core's parts and pages."""
    import careline
    import careline.pages
    from careline.plugins import read_catalog
    from careline.storage import metadata
    from careline_cli.main import COMMANDS
    from careline_migrations.tables import import_stores

    import_stores()
    yield from read_catalog().names
    yield from COMMANDS
    yield from metadata.tables
    for package in (careline, careline.pages):
        yield from (module.name for module in pkgutil.iter_modules(package.__path__))
