"""A survey: questions in two languages, what may be answered, and what is asked next.

Pure values. Every answer is a whole number: a place on a scale, the key of a choice, a number in
its smallest unit (37.5 is 375 tenths). Levels make scales comparable: 1 is the worst and 5 the
best, whatever was pressed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from attrs import field, frozen
from attrs.validators import ge, le, matches_re, max_len

from careline.errors import Invalid

NAME = r"[a-z][a-z0-9-]{0,31}"
#: Leads to the end of the survey.
END = "end"
LEVELS = (1, 2, 3, 4, 5)
#: The scales that can be chosen: worst and best place.
SCALES = ((1, 5), (1, 3), (1, 9), (0, 10))
MOST_CHOICES = 9
LONGEST = 400
#: The key that stands for the decimal point.
POINT = "*"


class Kind(Enum):
    """How a question is answered."""

    SCALE = "scale"
    CHOICE = "choice"
    NUMBER = "number"
    COMMENT = "comment"


@frozen
class Words:
    """A text in both languages; without English everybody gets the Chinese one."""

    zh: str = field(default="", validator=max_len(LONGEST))
    en: str = field(default="", validator=max_len(LONGEST))

    def to(self, language: str) -> str:
        """The text for a reader of ``language``."""
        return self.en if language == "en" and self.en else self.zh

    def language(self, wanted: str) -> str:
        """The language in which :meth:`to` answers."""
        return "en" if wanted == "en" and self.en else "zh"


@frozen(kw_only=True)
class Choice:
    """One of several answers; ``key`` is what is pressed, 1 to 9."""

    key: int = field(validator=[ge(1), le(MOST_CHOICES)])
    words: Words


@frozen(kw_only=True)
class Branch:
    """Answers from ``low`` to ``high``, both included, lead to question ``to`` (or ``END``)."""

    low: int
    high: int
    to: str


@frozen(kw_only=True)
class Flag:
    """Answers from ``low`` to ``high``, both included, raise an alert; ``words`` say of what."""

    low: int
    high: int
    words: Words


@frozen(kw_only=True)
class Question:
    """One question. ``best_low``: the lowest place of its scale is the best (满意请按1).

    A number lies between ``low`` and ``high``, which are in its smallest unit, as its answer is:
    with ``decimals`` 1, 350 to 420 are 35.0 to 42.0; ``unit`` is shown behind it. ``branches`` are
    looked at in order; then ``then`` (a question or ``END``), else the next one. A comment is the
    last question; its answer is 1 for words and 2 for none, and by telephone key 1 begins it.
    ``words`` are spoken; ``screen`` is the same in short, without keys, where it is read.
    """

    name: str = field(validator=matches_re(NAME))
    kind: Kind
    words: Words
    low: int = 1
    high: int = 5
    best_low: bool = False
    decimals: int = field(default=0, validator=[ge(0), le(2)])
    unit: str = field(default="", validator=max_len(12))
    choices: tuple[Choice, ...] = ()
    branches: tuple[Branch, ...] = ()
    then: str = ""
    flags: tuple[Flag, ...] = ()
    screen: Words = Words()

    def read_as(self, language: str) -> str:
        """The question for a reader of ``language``: on a screen, in a report."""
        short = self.screen.en if self.words.language(language) == "en" else self.screen.zh
        return short or self.words.to(language)

    @property
    def values(self) -> Sequence[int]:
        """What may be answered, in order."""
        if self.kind in (Kind.SCALE, Kind.NUMBER):
            return range(self.low, self.high + 1)
        if self.kind is Kind.CHOICE:
            return tuple(choice.key for choice in self.choices)
        return (1, 2)

    def points(self, value: int) -> int:
        """100 for the worst place of the scale, 500 for the best: the same on every scale."""
        share = (value - self.low) / (self.high - self.low)
        return 100 + round(400 * (1 - share if self.best_low else share))

    def label(self, value: int, language: str) -> str:
        """An answer in words; a place on a scale is its number."""
        found = next((one for one in self.choices if one.key == value), None)
        if found:
            return found.words.to(language)
        return self.shown(value) + (self.unit if self.kind is Kind.NUMBER else "")

    def flag(self, value: int) -> Flag | None:
        """The alert that an answer raises; the first that fits, None without one."""
        return next((one for one in self.flags if one.low <= value <= one.high), None)

    # Numbers as people write them

    def shown(self, value: int) -> str:
        """``37.5`` for 375 tenths."""
        if not self.decimals:
            return str(value)
        whole, rest = divmod(value, 10**self.decimals)
        return f"{whole}.{rest:0{self.decimals}}"

    def read(self, text: str) -> int | None:
        """The answer that ``37.5`` stands for; None when it is none of the question's."""
        plain = unicodedata.normalize("NFKC", text).replace("。", ".").replace(",", ".").strip()
        found = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9]{0,6}))?", plain)
        if not found or len((found.group(2) or "").rstrip("0")) > self.decimals:
            return None
        rest = (found.group(2) or "").ljust(self.decimals, "0")[: self.decimals]
        value = int(found.group(1) + rest)
        return value if value in self.values else None

    def pressed(self, keys: str) -> int | None:
        """The answer that keys stand for: ``37*5``, and 375 too where 375.0 cannot be meant."""
        value = self.read(keys.replace(POINT, "."))
        if value is None and self.decimals and keys.isascii() and keys.isdigit():
            value = int(keys) if len(keys) < 9 and int(keys) in self.values else None
        return value

    @property
    def most_keys(self) -> int:
        """How many keys its longest answer has."""
        if self.kind is not Kind.NUMBER:
            return max((len(str(value)) for value in self.values), default=1)
        return len(str(self.high)) + (1 if self.decimals else 0)


def level(points: int) -> int:
    """The level from 1 to 5 of so many points."""
    return min(5, max(1, (points + 50) // 100))


@frozen(kw_only=True)
class Survey:
    """A survey; ``version`` 0 is a draft.

    Of one with a score the first question is it, and scores of at most ``low_level`` (of 5) are
    low.
    """

    name: str = field(validator=matches_re(NAME))
    title: Words
    questions: tuple[Question, ...] = ()
    low_level: int = field(default=2, validator=[ge(1), le(4)])
    version: int = 0

    @property
    def score(self) -> Question:
        """The question that counts."""
        return self.questions[0]

    def question(self, name: str) -> Question | None:
        """The question of that name."""
        return next((one for one in self.questions if one.name == name), None)

    def after(self, question: Question, value: int) -> Question | None:
        """What is asked once ``question`` was answered; None at the end."""
        for branch in question.branches:
            if branch.low <= value <= branch.high:
                return self.question(branch.to)
        if question.then:
            return self.question(question.then)
        place = self.questions.index(question) + 1
        return self.questions[place] if place < len(self.questions) else None

    def path(self, replies: Mapping[str, int]) -> tuple[tuple[Question, int], ...]:
        """The answered questions in the order of asking, up to the first without an answer."""
        return tuple(self._path(replies))

    def _path(self, replies: Mapping[str, int]) -> Iterator[tuple[Question, int]]:
        question: Question | None = self.questions[0] if self.questions else None
        while question is not None and question.name in replies:
            value = replies[question.name]
            if value not in question.values:
                raise Invalid(
                    "survey.value", "{value} is no answer to {question}", value=value,
                    question=question.name,
                )  # fmt: skip
            yield question, value
            question = self.after(question, value)

    def next(self, replies: Mapping[str, int]) -> Question | None:
        """The question to be asked now; None when all were answered."""
        path = self.path(replies)
        if not path:
            return self.questions[0] if self.questions else None
        return self.after(*path[-1])


def name_problem(name: str) -> Invalid | None:
    """What is wrong with a name of a survey or question."""
    if re.fullmatch(NAME, name):
        return None
    return Invalid("survey.name", "A name has small letters, digits and hyphens.", name=name)
