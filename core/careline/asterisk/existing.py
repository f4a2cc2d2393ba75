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
from careline.asterisk.queues import music, queue_sections
from careline.asterisk.reading import read
from careline.i18n import Text

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
    merged = ("extensions.conf", "manager.conf", "musiconhold.conf")
    theirs = {name: _theirs(etc, name, folder) for name in merged}
    texts = {
        "pjsip.conf": document(*accounts(files, transports=False)),
        "queues.conf": document(*queue_sections(files)),
        "extensions.conf": _dialplan(files.dialplan, theirs["extensions.conf"]),
        "manager.conf": document(_general(theirs["manager.conf"]), user_section(files)),
        "musiconhold.conf": music(_own_music(files, theirs["musiconhold.conf"]), general=False),
    }
    folder.mkdir(parents=True, exist_ok=True)
    changes = write(folder, texts)
    lines = tuple((name, f"#include {folder / name}") for name in texts)
    missing = tuple(pair for pair in lines if not _includes(etc, *pair))
    return Included(changes, missing, _notes(files, etc, folder))


def _theirs(etc: Path, name: str, folder: Path) -> set[str]:
    """Names of the sections in their file, without those that it includes from ours."""
    return {
        item.name for item in read(etc, name).sections if not Path(item.file).is_relative_to(folder)
    }


def _dialplan(text: str, there: set[str]) -> str:
    """Our dialplan without [general], its globals joined to those that are there."""
    own = _GENERAL.sub("", text, count=1)
    return own.replace("[globals]\n", "[globals](+)\n", 1) if "globals" in there else own


def _general(there: set[str]) -> str:
    """What careline needs of AMI as a whole, added to the section that is there."""
    text = section("general", [("timestampevents", True), ("channelvars", "CARELINE_CALL")])
    return text.replace("[general]\n", "[general](+)\n") if "general" in there else text


def _own_music(files: AsteriskFiles, there: set[str]) -> AsteriskFiles:
    return evolve(files, music=tuple(item for item in files.music if item.name not in there))


def _includes(etc: Path, name: str, line: str) -> bool:
    wanted = line.partition(" ")[2]
    return any(item.value == wanted for item in read(etc, name).directives)


def _notes(files: AsteriskFiles, etc: Path, folder: Path) -> tuple[Text, ...]:
    options = read(etc, "asterisk.conf")
    system = next(
        (
            values["systemname"].value
            for part in options.sections
            if "systemname" in (values := options.values(part))
        ),
        "",
    )
    notes = [
        Text(
            "The files in {folder} hold secrets: let the group of Asterisk's user read them, "
            "and nobody else",
            {"folder": str(folder)},
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
