"""A question as somebody types it: scale, choices and branches as plain lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import evolve, field, frozen
from attrs.validators import max_len

from careline.errors import Invalid
from careline_satisfaction.survey.model import (
    END,
    LONGEST,
    SCALES,
    Branch,
    Choice,
    Kind,
    Question,
    Survey,
    Words,
    name_problem,
)

CHOICE = re.compile(r"([1-9])\s+(.+)")
BRANCH = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?\s+([a-z][a-z0-9-]*)")


@frozen(kw_only=True)
class QuestionForm:
    """The form of one question.

    ``choices``: a line each, ``1 等待时间长 | Waiting time``. ``branches``: a line each, ``1-2
    reason``: answers and the question that follows them, or ``end``.
    """

    name: str
    kind: Kind
    zh: str = field(default="", validator=max_len(LONGEST))
    en: str = field(default="", validator=max_len(LONGEST))
    scale: str = "1-5"
    best_low: bool = False
    choices: str = ""
    branches: str = ""
    then: str = ""


def form_of(question: Question) -> QuestionForm:
    """A stored question as it stands in the form."""
    return QuestionForm(
        name=question.name,
        kind=question.kind,
        zh=question.words.zh,
        en=question.words.en,
        scale=scale_name(question.low, question.high),
        best_low=question.best_low,
        choices="\n".join(_choice_line(one) for one in question.choices),
        branches="\n".join(f"{one.low}-{one.high} {one.to}" for one in question.branches),
        then=question.then,
    )


def scale_name(low: int, high: int) -> str:
    """``1-5``."""
    return f"{low}-{high}"


def question_of(form: QuestionForm) -> Question:
    """The question; Invalid names the field that is wrong."""
    problem = name_problem(form.name)
    if problem is not None or form.name == END:
        raise problem or Invalid("survey.name", "This name means the end.")
    low, high = next((one for one in SCALES if scale_name(*one) == form.scale), SCALES[0])
    scale, choices = form.kind is Kind.SCALE, form.kind is Kind.CHOICE
    return Question(
        name=form.name,
        kind=form.kind,
        words=Words(form.zh, form.en),
        low=low if scale else 1,
        high=high if scale else 5,
        best_low=form.best_low and scale,
        choices=tuple(map(_choice, _lines(form.choices))) if choices else (),
        branches=tuple(map(_branch, _lines(form.branches))),
        then=form.then,
    )


def _lines(text: str) -> Iterable[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _choice(line: str) -> Choice:
    found = CHOICE.fullmatch(line)
    if not found:
        raise Invalid("survey.choices", "Not understood: {line}", line=line[:60])
    zh, _, en = found.group(2).partition("|")
    return Choice(key=int(found.group(1)), words=Words(zh.strip()[:LONGEST], en.strip()[:LONGEST]))


def _choice_line(choice: Choice) -> str:
    words = choice.words
    return f"{choice.key} {words.zh} | {words.en}" if words.en else f"{choice.key} {words.zh}"


def _branch(line: str) -> Branch:
    found = BRANCH.fullmatch(line)
    if not found:
        raise Invalid("survey.branches", "Not understood: {line}", line=line[:60])
    low, high, to = found.groups()
    return Branch(low=int(low), high=int(high or low), to=to)


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
