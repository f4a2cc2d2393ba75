"""An Asterisk of the hospital's own (20 or newer): files to include, and what to include where."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import evolve, frozen

from careline.asterisk.config import Changes, write
from careline.asterisk.ini import document, section
from careline.asterisk.manager import user_section
from careline.asterisk.model import AsteriskFiles
from careline.asterisk.pjsip import accounts
from careline.asterisk.plain import JOURNAL, cel, cel_custom
from careline.asterisk.queues import music, queue_sections
from careline.asterisk.reading import read
from careline.i18n import Text

LOG_FOLDER = Path("/var/log/asterisk")
SPOOL_FOLDER = Path("/var/spool/asterisk")

_GENERAL = re.compile(r"^\[general\]\n(?:[^\[\n].*\n|\n)*", re.MULTILINE)


@frozen
class Included:
    """What was written, the lines to add (file, line) at the end of each file, and the rest."""

    changes: Changes
    lines: tuple[tuple[str, str], ...]
    notes: tuple[Text, ...]


def write_included(files: AsteriskFiles, etc: Path, folder: Path) -> Included:
    """Write careline's part of the configuration into ``folder``; ``etc`` is only read.

    The hospital's own sections, transports and addresses stay as they are.
    """
    merged = ("extensions.conf", "manager.conf", "musiconhold.conf", "cel.conf", "cel_custom.conf")
    theirs = {name: _theirs(etc, name, folder) for name in merged}
    texts = {
        "pjsip.conf": document(*accounts(files, transports=False)),
        "queues.conf": document(*queue_sections(files)),
        "extensions.conf": _dialplan(files.dialplan, theirs["extensions.conf"]),
        "manager.conf": document(_general(theirs["manager.conf"]), user_section(files)),
        "musiconhold.conf": music(_own_music(files, theirs["musiconhold.conf"]), general=False),
        "cel.conf": _joined(cel(), "general", theirs["cel.conf"]),
        "cel_custom.conf": _joined(cel_custom(), "mappings", theirs["cel_custom.conf"]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    changes = write(folder, texts)
    lines = tuple((name, f"#include {folder / name}") for name in texts)
    missing = tuple(pair for pair in lines if not _includes(etc, *pair))
    return Included(changes, missing, _notes(files, etc, folder))


def journal(etc: Path) -> Path:
    """Where that Asterisk writes the journal of calls: below the log folder that it names."""
    return Path(_setting(etc, "astlogdir") or LOG_FOLDER) / JOURNAL


def spool(etc: Path) -> Path:
    """Where that Asterisk keeps recordings and the like."""
    return Path(_setting(etc, "astspooldir") or SPOOL_FOLDER)


def _theirs(etc: Path, name: str, folder: Path) -> set[str]:
    """Names of the sections in their file, without those that it includes from ours."""
    return {
        item.name for item in read(etc, name).sections if not Path(item.file).is_relative_to(folder)
    }


def _dialplan(text: str, there: set[str]) -> str:
    """Our dialplan without [general], its globals joined to those that are there."""
    return _joined(_GENERAL.sub("", text, count=1), "globals", there)


def _general(there: set[str]) -> str:
    """What careline needs of AMI as a whole."""
    text = section("general", [("timestampevents", True), ("channelvars", "CARELINE_CALL")])
    return _joined(text, "general", there)


def _joined(text: str, name: str, there: set[str]) -> str:
    """Our options of a section that is there are added to it."""
    return text.replace(f"[{name}]\n", f"[{name}](+)\n", 1) if name in there else text


def _own_music(files: AsteriskFiles, there: set[str]) -> AsteriskFiles:
    return evolve(files, music=tuple(item for item in files.music if item.name not in there))


def _includes(etc: Path, name: str, line: str) -> bool:
    wanted = line.partition(" ")[2]
    return any(item.value == wanted for item in read(etc, name).directives)


def _notes(files: AsteriskFiles, etc: Path, folder: Path) -> tuple[Text, ...]:
    system = _setting(etc, "systemname")
    notes = [
        Text(
            "The files in {folder} hold secrets: let the group of Asterisk's user read them, "
            "and nobody else",
            {"folder": str(folder)},
        ),
        Text(
            "Let careline read {file}: from it the calls are completed that went on without it",
            {"file": str(journal(etc))},
        ),
        Text("Then run: asterisk -rx 'core reload'"),
    ]
    if system != files.node:
        text = Text(
            "In asterisk.conf, section [options], set systemname = {node} and restart Asterisk",
            {"node": files.node},
        )
        notes.insert(0, text)
    return tuple(notes)


def _setting(etc: Path, name: str) -> str:
    """What their asterisk.conf says, or empty."""
    options = read(etc, "asterisk.conf")
    every = (options.values(part) for part in options.sections)
    return next((values[name].value for values in every if name in values), "")
