"""Asterisk's configuration files as sections with their lines, for checking what others wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

_HEAD = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?")
_COMMENT = re.compile(r"(?<!\\);.*$")
_INCLUDE = re.compile(r'#(include|tryinclude|exec)\s+[<"]?([^">]+)')
#: Deeper than that a file includes itself.
_DEPTH = 16


@frozen
class Line:
    """One ``key = value``, or a directive such as ``#exec`` with what follows it."""

    file: str
    number: int
    key: str
    value: str


@frozen
class Section:
    """A section; ``bases`` are the templates it takes its first lines from."""

    name: str
    file: str
    number: int
    bases: tuple[str, ...] = ()
    own: list[Line] = field(factory=list)

    @property
    def is_template(self) -> bool:
        """True for ``[name](!)``, which is nothing by itself."""
        return "!" in self.bases


@frozen
class Document:
    """A file with all that it includes."""

    sections: list[Section] = field(factory=list)
    directives: list[Line] = field(factory=list)

    def lines(self, section: Section) -> list[Line]:
        """The section's lines after those of its templates."""
        inherited = [
            line
            for base in section.bases
            for other in self.sections
            if other.name == base and other is not section
            for line in self.lines(other)
        ]
        return inherited + section.own

    def values(self, section: Section) -> dict[str, Line]:
        """Key (small letters) -> its last line, template lines included."""
        return {line.key.lower(): line for line in self.lines(section)}

    def named(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)


def read(folder: Path, name: str) -> Document:
    """Read ``folder/name``; a file that is not there is an empty document."""
    document = Document()
    _read(folder, name, document, 0)
    return document


def _read(folder: Path, name: str, document: Document, depth: int) -> None:
    path = folder / name
    if not path.is_file() or depth > _DEPTH:
        return
    for number, text in _texts(path):
        if head := _HEAD.match(text):
            bases = tuple(part.strip() for part in (head[2] or "").split(",") if part.strip())
            document.sections.append(Section(head[1], name, number, bases))
        elif directive := _INCLUDE.match(text):
            document.directives.append(Line(name, number, "#" + directive[1], directive[2].strip()))
            if directive[1] != "exec":
                for found in _included(folder, directive[2].strip()):
                    _read(folder, found, document, depth + 1)
        elif "=" in text and document.sections:
            key, _, value = text.partition("=")
            line = Line(name, number, key.strip(), value.removeprefix(">").strip())
            document.sections[-1].own.append(line)


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
        text = _COMMENT.sub("", raw).strip().replace("\\;", ";")
        if text:
            yield number, text


def _included(folder: Path, pattern: str) -> list[str]:
    if pattern.startswith("/"):
        return [str(path) for path in sorted(Path("/").glob(pattern[1:]))]
    return [str(path.relative_to(folder)) for path in sorted(folder.glob(pattern))]
