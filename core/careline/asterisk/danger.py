"""One dangerous line of a configuration, as an error among others."""

from __future__ import annotations

from careline.asterisk.reading import Line, Section
from careline.errors import Invalid


class Danger(Invalid):
    """What is wrong at ``place``; the message has the fields ``{file}`` and ``{line}``."""

    def __init__(self, code: str, message: str, place: Line | Section, **params: object) -> None:
        fields = {"file": place.file, "line": place.number, **params}
        super().__init__(code, message, problems=(), **fields)
