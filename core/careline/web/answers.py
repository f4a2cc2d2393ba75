"""What a route answers with; the shell turns it into bytes and headers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

from attrs import field, frozen

from careline.i18n import Text


@frozen(kw_only=True)
class Cookie:
    """A cookie to set, for the whole site, never to be read by scripts; ``max_age`` in seconds.

    None lasts until the browser is closed, 0 takes the cookie away.
    """

    name: str
    value: str = field(repr=False)
    max_age: int | None = None


@frozen(kw_only=True)
class Answer:
    """What all answers have: further headers and cookies to set."""

    headers: Mapping[str, str] = field(factory=dict)
    cookies: tuple[Cookie, ...] = ()


@frozen
class Page(Answer):
    """A whole page; where htmx asks for it, its main part, its title and the rail.

    ``template`` extends ``page.html``; ``title`` is shown in the browser's tab.
    """

    template: str
    values: Mapping[str, Any] = field(factory=dict)
    title: str | Text = ""
    status: int = 200


@frozen
class Fragment(Answer):
    """A part of a page. ``trigger`` is HX-Trigger: an event's name, or JSON of several."""

    template: str
    values: Mapping[str, Any] = field(factory=dict)
    status: int = 200
    trigger: str = ""


@frozen
class Redirect(Answer):
    """See elsewhere (303), after a form for instance; ``path`` is within the site.

    For htmx the main part is loaded from there; with ``whole`` the page as a whole.
    """

    path: str
    whole: bool = False


@frozen
class Json(Answer):
    """A JSON value for one of our scripts."""

    value: Any
    status: int = 200

    @property
    def body(self) -> bytes:
        """The value in UTF-8."""
        return json.dumps(self.value, ensure_ascii=False).encode()


@frozen
class Ranged:
    """A body of ``size`` bytes of which parts are made when asked for.

    ``read(first, last)`` gives those bytes, both ends included, in parts.
    """

    size: int
    read: Callable[[int, int], AsyncIterator[bytes]] = field(repr=False)


@frozen
class Download(Answer):
    """A file: bytes, parts as they come, or a file on disk. ``inline`` plays or shows it in place.

    Bytes, files and Ranged can be asked for in ranges, as an audio player does.
    """

    filename: str
    mime: str
    body: bytes | AsyncIterator[bytes] | FilePath | Ranged = field(repr=False)
    inline: bool = False


@frozen
class Empty(Answer):
    """Done, nothing to show (204). ``trigger`` is HX-Trigger."""

    trigger: str = ""
