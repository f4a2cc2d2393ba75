"""A question as somebody types it: scale, choices, branches and alerts as plain lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from attrs import evolve, field, frozen
from attrs.validators import ge, le, max_len

from careline.errors import Invalid
from careline.surveys.model import (
    END,
    LONGEST,
    SCALES,
    Branch,
    Choice,
    Flag,
    Kind,
    Question,
    Survey,
    Words,
    name_problem,
)

CHOICE = re.compile(r"([1-9])\s+(.+)")
NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,2})?"
BRANCH = re.compile(rf"({NUMBER})(?:\s*-\s*({NUMBER}))?\s+([a-z][a-z0-9-]*)")
FLAG = re.compile(rf"({NUMBER})(?:\s*-\s*({NUMBER}))?\s+(.+)")


@frozen(kw_only=True)
class QuestionForm:
    """The form of one question.

    ``choices``: a line each, ``1 等待时间长 | Waiting time``. ``branches``: a line each, ``1-2
    reason``: answers and the question that follows them, or ``end``. ``flags``: ``38.5-42 发热 |
    Fever``: answers, and what they warn of. ``numbers``: ``35.0-42.0``.
    """

    name: str
    kind: Kind
    zh: str = field(default="", validator=max_len(LONGEST))
    en: str = field(default="", validator=max_len(LONGEST))
    screen_zh: str = field(default="", validator=max_len(LONGEST))
    screen_en: str = field(default="", validator=max_len(LONGEST))
    scale: str = "1-5"
    best_low: bool = False
    numbers: str = ""
    decimals: int = field(default=0, validator=[ge(0), le(2)])
    unit: str = field(default="", validator=max_len(12))
    choices: str = ""
    branches: str = ""
    then: str = ""
    flags: str = ""


def form_of(question: Question) -> QuestionForm:
    """A stored question as it stands in the form."""
    span = _span(question)
    scale, number = question.kind is Kind.SCALE, question.kind is Kind.NUMBER
    return QuestionForm(
        name=question.name,
        kind=question.kind,
        zh=question.words.zh,
        en=question.words.en,
        screen_zh=question.screen.zh,
        screen_en=question.screen.en,
        scale=scale_name(question.low, question.high) if scale else "1-5",
        best_low=question.best_low,
        numbers=span(question.low, question.high) if number else "",
        decimals=question.decimals,
        unit=question.unit,
        choices="\n".join(f"{one.key} {_two(one.words)}" for one in question.choices),
        branches="\n".join(f"{span(one.low, one.high)} {one.to}" for one in question.branches),
        then=question.then,
        flags="\n".join(f"{span(one.low, one.high)} {_two(one.words)}" for one in question.flags),
    )


def scale_name(low: int, high: int) -> str:
    """``1-5``."""
    return f"{low}-{high}"


def _span(question: Question) -> Callable[[int, int], str]:
    return lambda low, high: f"{question.shown(low)}-{question.shown(high)}"


def _two(words: Words) -> str:
    """A text in both languages on one line."""
    return f"{words.zh} | {words.en}" if words.en else words.zh


def question_of(form: QuestionForm) -> Question:
    """The question; Invalid names the field that is wrong."""
    problem = name_problem(form.name)
    if problem is not None or form.name == END:
        raise problem or Invalid("survey.name", "This name means the end.")
    number = form.kind is Kind.NUMBER
    decimals = form.decimals if number else 0
    low, high = _range(form, decimals)
    return Question(
        name=form.name,
        kind=form.kind,
        words=Words(form.zh, form.en),
        screen=Words(form.screen_zh, form.screen_en),
        low=low,
        high=high,
        best_low=form.best_low and form.kind is Kind.SCALE,
        decimals=decimals,
        unit=form.unit if number else "",
        choices=tuple(map(_choice, _lines(form.choices))) if form.kind is Kind.CHOICE else (),
        branches=tuple(_branch(line, decimals) for line in _lines(form.branches)),
        then=form.then,
        flags=tuple(_flag(line, decimals) for line in _lines(form.flags)),
    )


def _range(form: QuestionForm, decimals: int) -> tuple[int, int]:
    if form.kind is Kind.SCALE:
        return next((one for one in SCALES if scale_name(*one) == form.scale), SCALES[0])
    if form.kind is not Kind.NUMBER:
        return SCALES[0]
    found = re.fullmatch(rf"({NUMBER})\s*-\s*({NUMBER})", form.numbers)
    if not found:
        raise Invalid("survey.numbers", "Please give both ends, such as 35.0-42.0.")
    low, high = (_units(one, decimals, "survey.numbers") for one in found.groups())
    return low, high


def _units(text: str, decimals: int, code: str) -> int:
    """A number in its smallest unit; Invalid with ``code`` when it has too many decimals."""
    whole, _, rest = text.partition(".")
    if len(rest.rstrip("0")) > decimals:
        raise Invalid(code, "Not understood: {line}", line=text)
    return int(whole + rest[:decimals].ljust(decimals, "0"))


def _lines(text: str) -> Iterable[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _both(text: str) -> Words:
    zh, _, en = text.partition("|")
    return Words(zh.strip()[:LONGEST], en.strip()[:LONGEST])


def _choice(line: str) -> Choice:
    found = CHOICE.fullmatch(line)
    if not found:
        raise Invalid("survey.choices", "Not understood: {line}", line=line[:60])
    return Choice(key=int(found.group(1)), words=_both(found.group(2)))


def _branch(line: str, decimals: int) -> Branch:
    found = BRANCH.fullmatch(line)
    if not found:
        raise Invalid("survey.branches", "Not understood: {line}", line=line[:60])
    low, high, to = found.groups()
    units = [_units(one, decimals, "survey.branches") for one in (low, high or low)]
    return Branch(low=units[0], high=units[1], to=to)


def _flag(line: str, decimals: int) -> Flag:
    found = FLAG.fullmatch(line)
    if not found:
        raise Invalid("survey.flags", "Not understood: {line}", line=line[:60])
    low, high, words = found.groups()
    units = [_units(one, decimals, "survey.flags") for one in (low, high or low)]
    return Flag(low=units[0], high=units[1], words=_both(words))


def with_question(survey: Survey, question: Question, before: str) -> Survey:
    """The survey with a question in the place of ``before``, at the end when there is none."""
    others = [one.name for one in survey.questions if one.name != before]
    if question.name in others:
        raise Invalid("survey.name", "There is a question of this name already.")
    questions = [question if one.name == before else one for one in survey.questions]
    if before not in [one.name for one in survey.questions]:
        questions.append(question)
    return evolve(survey, questions=tuple(questions))


def without(survey: Survey, name: str) -> Survey:
    """The survey without a question."""
    return evolve(survey, questions=tuple(one for one in survey.questions if one.name != name))


def moved_up(survey: Survey, name: str) -> Survey:
    """The survey with a question one place earlier."""
    questions = list(survey.questions)
    place = next((at for at, one in enumerate(questions) if one.name == name), 0)
    if place:
        questions[place - 1 : place + 1] = questions[place], questions[place - 1]
    return evolve(survey, questions=tuple(questions))
