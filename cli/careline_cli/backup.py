"""``careline backup`` and ``careline restore``: everything in one checked file."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from careline.terminal.frame import Command, option
from careline.terminal.say import _, complain, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.config import Home, Settings


@click.command(
    "backup",
    cls=Command,
    help=_(
        "Save database, careline.toml, secrets, prompts, messages and recordings in one file,"
        " while calls go on. The file holds secrets: keep it safe."
    ),
)
@option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=_("Folder; else backups in the home, where old ones are removed by age."),
)
@pass_site
def backup(site: Site, folder: Path | None) -> None:
    """Write one backup."""
    from careline.storage.backup import SAVED, make_backup
    from careline.storage.retention import Keep, prune

    where = folder or site.home.backups
    made = make_backup(
        site.settings.database_url, site.home.root, SAVED, where, site.clock.now(), _progress()
    )
    say(_("saved: {file} ({size:.1f} MB)"), file=str(made), size=made.stat().st_size / 1e6)
    if folder is None:
        for old in prune(where, Keep()):
            say(_("removed an old one: {file}"), file=old.name)


class _progress:
    """Tells every quarter, on a terminal only: a timer's mail need not hold it."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, done: int, total: int, name: str) -> None:
        quarter = 4 * done // max(total, 1)
        if quarter > self._told and sys.stderr.isatty():
            self._told = quarter
            complain(_("  {done} of {total} MB"), done=done // 10**6, total=total // 10**6)


@click.command(
    "restore",
    cls=Command,
    help=_(
        "Put a backup in place. careline must not run. With --replace over what is there, which is"
        " kept aside."
    ),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@option("--replace", is_flag=True, help=_("Also when this home holds something already."))
@pass_site
def restore(site: Site, file: Path, replace: bool) -> None:
    """Check the whole backup, then swap it in."""
    from careline.storage.restore import restore_backup
    from careline.supervisor import alone

    settings = site.settings if site.home.config.exists() else _settings_in(file, site.home)
    with alone(site.home.root / "run.lock"):
        done = restore_backup(
            file, settings.database_url, site.home.root, site.clock.now(), replace
        )
    say(_("restored the backup of {made}"), made=done.manifest.made[:19].replace("T", " "))
    if done.before is not None:
        say(_("what was there before is in {folder}"), folder=str(done.before))
    say(_("now run: careline init"))


def _settings_in(file: Path, home: Home) -> Settings:
    """The settings in a backup, for a home that has none: they say which database it is for."""
    from attrs import evolve

    from careline.config import load
    from careline.storage.manifest import read_backup

    with tempfile.TemporaryDirectory(prefix="careline-restore-") as folder:
        read_backup(file, Path(folder))
        return evolve(load(Path(folder) / "home" / "careline.toml", os.environ), home=home)
