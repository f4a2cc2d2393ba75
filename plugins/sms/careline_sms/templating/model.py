"""Templates as values."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import frozen


class TemplateState(Enum):
    """Where a version of a template is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    """Waits for approval by somebody else."""
    APPROVED = "approved"
    """Sent from now on."""
    OLD = "old"
    """Was sent until a newer one was approved."""


@frozen(kw_only=True)
class Template:
    """One version of a template; ``zh`` and ``en`` hold variables as ``{name}``.

    An empty language is sent in the other one. ``version`` counts from 1 for each ``name``.
    ``title`` is a msgid for those that are shipped.
    """

    name: str
    title: str
    purpose: str = ""
    version: int = 0
    state: TemplateState = TemplateState.DRAFT
    zh: str = ""
    en: str = ""
    by: str = ""
    changed: datetime | None = None
    approved_by: str = ""
    approved: datetime | None = None

    def text(self, language: str) -> str:
        """The text in a language, or in the one that there is."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)


@frozen(kw_only=True)
class Preview:
    """What would be sent: ``text`` signed, its ``length`` in characters, how many ``parts``.

    ``cost`` is in thousandths of the currency, of the gateway that comes first. ``missing`` are
    variables without a value.
    """

    text: str
    length: int
    parts: int
    alphabet: str
    cost: int
    missing: tuple[str, ...] = ()
