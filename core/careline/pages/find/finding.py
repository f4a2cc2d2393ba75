"""What can be found, and pages among it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from attrs import frozen
from pypinyin import Style, lazy_pinyin

from careline.hooks import Page
from careline.i18n import LANGUAGES, Text, translate
from careline.web import Visit


@frozen(kw_only=True)
class Found:
    """One thing that was found; ``path`` leads there, ``sub`` tells it from others alike."""

    title: str
    path: str
    sub: str = ""
    icon: str = "file-text"


@frozen
class Finder:
    """One kind of things: ``find(visit, text)`` answers with the best few the visitor may see."""

    title: Text
    find: Callable[[Visit, str], Awaitable[Sequence[Found]]]


def fits(text: str, *names: str) -> bool:
    """True when what was typed is in a name, or begins its pinyin or the pinyin's initials."""
    wanted = text.lower().replace(" ", "")
    if not wanted:
        return True
    return any(
        wanted in name.lower().replace(" ", "") or any(key.startswith(wanted) for key in keys(name))
        for name in names
        if name
    )


def keys(name: str) -> tuple[str, str]:
    """A name's pinyin and its initials, ``zhongliuke`` and ``zlk``."""
    return (
        "".join(lazy_pinyin(name)).lower(),
        "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower(),
    )


class PageFinder:
    """Pages by their titles, in the languages that people may think of."""

    def __init__(self, pages: Callable[[Visit], Sequence[Page]]) -> None:
        self._pages = pages

    async def find(self, visit: Visit, text: str) -> Sequence[Found]:
        """Pages of the menu that the visitor may see."""
        return [
            Found(title=visit.text(page.title), path=page.path, icon=page.icon)
            for page in self._pages(visit)
            if fits(text, page.name, *(translate(page.title, lang) for lang in LANGUAGES))
        ]
