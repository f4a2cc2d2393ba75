"""What is searched for: a box to type anything into, and single conditions beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from attrs import asdict, field, fields_dict, frozen

from careline.errors import Invalid

LONGEST = 100


@frozen(kw_only=True)
class Criteria:
    """Conditions that must all hold; empty ones are none.

    ``text`` is what was typed into the one box: names, pinyin, numbers, birth years and #tags, all
    of which must fit. ``born`` is a year (``1980``), a span (``1980-1985``) or a day. ``fields``
    are custom fields by name.
    """

    text: str = ""
    name: str = ""
    phone: str = ""
    id_card: str = ""
    number: str = ""
    born: str = ""
    sex: str = ""
    category: str = ""
    insurance: str = ""
    tag: str = ""
    fields: Mapping[str, str] = field(factory=dict, hash=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is searched for."""
        return not any(self.plain().values())

    def plain(self) -> dict[str, Any]:
        """As JSON, without empty conditions."""
        values = asdict(self, recurse=False)
        values["fields"] = {name: text for name, text in self.fields.items() if text}
        return {name: value for name, value in values.items() if value}


def criteria_of(given: Mapping[str, Any]) -> Criteria:
    """From JSON or a form; unknown names are left out, Invalid when a text is far too long."""
    known = fields_dict(Criteria)
    values = {
        name: _clean(str(given[name])) for name in known if name in given and name != "fields"
    }
    own = {str(name): _clean(str(text)) for name, text in dict(given.get("fields") or {}).items()}
    for name, text in [*values.items(), *own.items()]:
        if len(text) > LONGEST:
            raise Invalid(f"search.{name}", "at most {most} characters", most=LONGEST)
    return Criteria(**values, fields={name: text for name, text in own.items() if text})


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("\0", "")
    return " ".join(text.encode("utf-8", "ignore").decode().split())


LATIN = re.compile(r"[A-Za-züÜ':]+")


def words(text: str) -> list[str]:
    """What was typed into the box in parts that must all fit.

    Latin words that follow each other stay together: ``zhang san`` is one name. So do parts of a
    telephone number: ``010 6222 3333``.
    """
    parts: list[str] = []
    for word in _clean(text).split():
        if parts and LATIN.fullmatch(word) and LATIN.fullmatch(parts[-1].split()[-1]):
            parts[-1] += f" {word}"
        elif parts and word.isdecimal() and _is_number_so_far(parts[-1], word):
            parts[-1] += word
        else:
            parts.append(word)
    return parts


def _is_number_so_far(before: str, word: str) -> bool:
    """``138 1111 2222`` is one number; ``1980 2222`` are a year and the tail of one."""
    if not before.lstrip("+").isdecimal():
        return False
    return len(before) != 4 and len(before) + len(word) <= 15
