"""Versions of a plugin kept in the home, and which of them is in use.

``plugins/<name>/0002-1.1`` holds the files of one; ``in_use`` names it. Without that the plugin is
the one that is installed in the environment. ``forgotten`` says that all of it may go, once no core
runs from it. ``trial`` names a change that the next start of the
core takes up, ``outcome`` how the last one went.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import attrs
from attrs import AttrsInstance, frozen
from twisted.logger import Logger

from careline.config import Home
from careline.config.atomic import write_atomic
from careline.i18n import catalog

#: In the folder of a version: what it is. A folder that has it is one of ours.
ABOUT = "careline-plugin.json"
ROWS = "rows.jsonl.gz"
#: How long the rows are kept that a change of tables might have lost.
ROWS_KEPT = timedelta(days=30)

T = TypeVar("T", bound=AttrsInstance)
log = Logger()


@frozen(kw_only=True)
class Version:
    """One kept version. ``revision`` is the newest of its tables, "" without any.

    ``migrations`` is their folder in this one; ``before`` the folder of the version that was in
    use before it; ``columns`` what its tables had when it was replaced.
    """

    folder: str
    version: str
    revision: str = ""
    migrations: str = ""
    before: str = ""
    columns: Mapping[str, list[str]] = attrs.field(factory=dict)


@frozen(kw_only=True)
class Trial:
    """A change from one kept version to another: ``begun`` once a core has tried it.

    ``reason`` says why it must be taken back, when that is known. ``gone`` are columns by table
    that a rollback has taken away: they are in the rows' file of ``old``.
    """

    old: str
    new: str
    begun: bool = False
    reason: str = ""
    gone: Mapping[str, list[str]] = attrs.field(factory=dict)


@frozen(kw_only=True)
class Outcome:
    """How a change went: the version now in use, and why it is not the one that was wanted."""

    version: str
    wanted: str
    reason: str = ""


@frozen
class Versions:
    """The kept versions of one plugin of ``home``."""

    home: Home
    name: str

    @property
    def root(self) -> Path:
        """Where they are."""
        return self.home.plugins / self.name

    def path(self, version: Version) -> Path:
        """The folder of one, to be put on the path."""
        return self.root / version.folder

    def kept(self, folder: str) -> Version | None:
        """One by its folder's name."""
        return _read(self.root / folder / ABOUT, Version)

    @property
    def in_use(self) -> Version | None:
        """The one in use; None: the environment's own."""
        try:
            folder = (self.root / "in_use").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            _left_out(self.root / "in_use", error)
            return None
        return self.kept(folder)

    def use(self, version: Version) -> None:
        """Take ``version`` from the next process on."""
        (self.root / "forgotten").unlink(missing_ok=True)
        write_atomic(self.root / "in_use", f"{version.folder}\n")

    def new_folder(self, version: str) -> str:
        """A name that no kept version has: they are numbered."""
        taken = [int(path.name[:4]) for path in self.root.glob("[0-9]" * 4 + "-*")]
        return f"{max(taken, default=0) + 1:04}-{version}"

    def write(self, version: Version) -> None:
        """Say in its folder what it is."""
        write_atomic(self.path(version) / ABOUT, json.dumps(attrs.asdict(version)))

    def forget(self) -> None:
        """Have the next process take the environment's own; a core that runs keeps its files."""
        write_atomic(self.root / "forgotten", "")
        (self.root / "in_use").unlink(missing_ok=True)

    @property
    def forgotten(self) -> bool:
        """True until the next start, which removes all that is kept."""
        return (self.root / "forgotten").exists()

    def remove_forgotten(self) -> None:
        """Remove all kept versions and their rows if they are forgotten; nobody must run them."""
        if self.in_use is None and self.forgotten:
            shutil.rmtree(self.root, ignore_errors=True)

    def rows(self, version: Version) -> Path:
        """The file with the rows that its tables had when another took its place (gzip)."""
        return self.path(version) / ROWS

    def forget_rows(self, before: datetime | None = None) -> None:
        """Remove kept rows for good, or those only that were kept ``before`` (aware).

        They are patients' data, which nobody else erases.
        """
        for file in self.root.glob(f"*/{ROWS}"):
            if before is None or file.stat().st_mtime < before.timestamp():
                file.unlink()

    @property
    def trial(self) -> Trial | None:
        """The change that is under way."""
        return _read(self.root / "trial", Trial)

    def want(self, trial: Trial) -> None:
        """Have the next start of the core take up a change, or say how far it is."""
        with suppress(FileNotFoundError):
            (self.root / "outcome").unlink()
        write_atomic(self.root / "trial", json.dumps(attrs.asdict(trial)))

    def settle(self, outcome: Outcome) -> None:
        """The change is over."""
        write_atomic(self.root / "outcome", json.dumps(attrs.asdict(outcome)))
        with suppress(FileNotFoundError):
            (self.root / "trial").unlink()

    @property
    def outcome(self) -> Outcome | None:
        """How the last change went; None while one is under way."""
        return _read(self.root / "outcome", Outcome)


def forget_kept_rows(home: Home, before: datetime | None = None) -> None:
    """Remove the kept rows of all plugins, or those only that were kept ``before`` (aware)."""
    for versions in versions_of(home):
        versions.forget_rows(before)


def _read(file: Path, kind: type[T]) -> T | None:
    """What ``file`` says; keys of a newer careline are passed over, one that is broken is told."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        known = {one.name for one in attrs.fields(kind)}
        return kind(**{key: value for key, value in found.items() if key in known})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        _left_out(file, error)
        return None


def _left_out(file: Path, error: Exception) -> None:
    log.error("{file} cannot be read and is left out: {error}", file=file, error=error)


def versions_of(home: Home) -> list[Versions]:
    """Those of every plugin that has kept versions."""
    return [
        Versions(home, path.name) for path in sorted(home.plugins.glob("*")) if os.path.isdir(path)
    ]


def use_kept(home: Home, instead: Mapping[str, Path | None] | None = None) -> None:
    """Have this process import the versions in use, before any plugin is imported.

    ``instead`` gives other folders by plugin, to try them; None is the environment's own.
    """
    folders = {one.name: one.path(one.in_use) for one in versions_of(home) if one.in_use}
    wanted = [str(path) for path in {**folders, **(instead or {})}.values() if path is not None]
    others = [path for path in sys.path if not is_kept(Path(path), home)]
    if [*wanted, *others] != sys.path:
        sys.path[:] = [*wanted, *others]
        catalog.cache_clear()  # its texts may be of another version


def is_kept(folder: Path, home: Home | None = None) -> bool:
    """True for the folder of a kept version, of ``home`` when it is given."""
    return os.path.isfile(folder / ABOUT) and (home is None or home.plugins in folder.parents)
