"""How a plugin has its surveys edited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import field, frozen
from attrs.validators import ge, le, max_len

from careline.i18n import Text
from careline.surveys.book import SurveyBook
from careline.surveys.model import Survey
from careline.web import Visit


async def nothing(visit: Visit) -> Mapping[str, Any]:
    """No values of one's own."""
    return {}


@frozen(kw_only=True)
class EditorTerms:
    """What the editor needs to know of the plugin that it works for.

    All pages are under ``root`` (/satisfaction/surveys) and need ``permission``; ``back`` is where
    one comes from. ``starters`` are surveys that are shipped and can be taken over. Templates
    ``head`` and ``beside`` of the plugin are put above the list and beside it, and see ``values``.
    """

    book: SurveyBook
    root: str
    permission: str
    title: Text
    back: str
    starters: tuple[Survey, ...] = ()
    head: str = ""
    beside: str = ""
    values: Callable[[Visit], Awaitable[Mapping[str, Any]]] = nothing


@frozen(kw_only=True)
class TitleForm:
    """What a survey is called, and which scores are low."""

    name: str = ""
    zh: str = field(validator=max_len(60))
    en: str = field(default="", validator=max_len(60))
    low_level: int = field(default=2, validator=[ge(1), le(4)])
