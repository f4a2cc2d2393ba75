"""What triage knows, as values: departments by their many names, urgent signs, symptoms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Attribute, field, frozen

from careline.errors import Invalid

Pair = tuple[str, ...]
"""One text in Chinese and in English."""
CHILD = 14.0
"""Years below which the paediatrician sees what an internist sees in others."""


def _both(_instance: Any, attribute: Attribute[Any], value: Pair) -> None:
    if len(value) != 2 or not all(text.strip() for text in value):
        raise Invalid(
            "triage.pair", "{field} needs a Chinese and an English text", field=attribute.name
        )


@frozen(kw_only=True)
class Who:
    """Whom it is about: ``sex`` male, female or empty, ``age`` in years or None."""

    sex: str = ""
    age: float | None = None

    @property
    def is_child(self) -> bool:
        """True when known to be below 14 years."""
        return self.age is not None and self.age < CHILD


@frozen(kw_only=True)
class Conditioned:
    """What counts only for one sex or from an age (years) on, below another.

    Where sex or age is not known the condition counts as met: rather one question too many.
    """

    sex: Literal["", "male", "female"] = ""
    from_age: float = 0.0
    below_age: float = 200.0

    def fits(self, who: Who) -> bool:
        """True when it may concern this person."""
        if self.sex and who.sex and self.sex != who.sex:
            return False
        return who.age is None or self.from_age <= who.age < self.below_age


@frozen(kw_only=True)
class Term(Conditioned):
    """A department as triage speaks of it; ``names`` are how hospitals write it.

    ``instead`` are those who see such patients where there is none; ``child`` is who sees the
    children among them. A ``walk_in`` one takes everybody at any time.
    """

    names: tuple[str, ...]
    en: str
    about: Pair = field(validator=_both)
    instead: tuple[str, ...] = ()
    child: str = ""
    walk_in: bool = False

    @property
    def name(self) -> Pair:
        """In both languages."""
        return (self.names[0], self.en)


@frozen(kw_only=True)
class Sign(Conditioned):
    """An urgent sign: what to ``ask``, and what to ``do`` when the answer is yes.

    ``first`` ones are asked for every symptom. ``words`` are what callers say.
    """

    code: str
    action: Literal["120", "emergency"]
    ask: Pair = field(validator=_both)
    do: Pair = field(validator=_both)
    words: tuple[str, ...] = ()
    first: bool = False


@frozen(kw_only=True)
class Choice(Conditioned):
    """One answer to a question, and the terms of departments that it speaks for."""

    say: Pair = field(validator=_both)
    to: tuple[str, ...] = ()


@frozen(kw_only=True)
class Question(Conditioned):
    """A question that narrows down."""

    ask: Pair = field(validator=_both)
    answers: tuple[Choice, ...]


@frozen(kw_only=True)
class Symptom(Conditioned):
    """What a caller complains of; ``to`` are departments in order when nothing else is known."""

    code: str
    name: Pair = field(validator=_both)
    part: str = ""
    words: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    to: tuple[str, ...]
    question: tuple[Question, ...] = ()


@frozen(kw_only=True)
class Part(Conditioned):
    """A part of the body, with the urgent signs that are asked before its symptoms."""

    code: str
    name: Pair = field(validator=_both)
    signs: tuple[str, ...]


@frozen(kw_only=True)
class Sheet:
    """One file of rules; its symptoms belong to its ``part`` unless they name another.

    What has the code of something that is there already stands in its place; ``drop`` takes
    symptoms away.
    """

    departments: Mapping[str, Term] = field(factory=dict)
    sign: tuple[Sign, ...] = ()
    part: Part | None = None
    symptom: tuple[Symptom, ...] = ()
    drop: tuple[str, ...] = ()
