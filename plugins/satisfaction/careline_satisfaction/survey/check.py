"""What is wrong with a survey before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from careline.errors import Invalid
from careline.i18n import Text
from careline_satisfaction.survey.model import END, MOST_QUESTIONS, Kind, Question, Survey


def check(survey: Survey) -> None:
    """Pass, or raise Invalid with every problem."""
    problems = list(problems_of(survey))
    if problems:
        raise Invalid(
            "survey.invalid",
            "The survey cannot be published ({count}):",
            problems=problems,
            count=len(problems),
        )


def problems_of(survey: Survey) -> Iterator[Invalid]:
    """Every problem, in the order of the questions."""
    if not survey.questions or survey.questions[0].kind is not Kind.SCALE:
        yield Invalid("survey.score", "The first question must be a scale: it is the score.")
    if len(survey.questions) > MOST_QUESTIONS:
        yield Invalid("survey.many", "At most {most} questions.", most=MOST_QUESTIONS)
    names = [one.name for one in survey.questions]
    for place, question in enumerate(survey.questions):
        if question.name in names[:place]:
            yield _fault("twice", Text("{question}: there are two of this name"), question)
        yield from _own(question, last=place == len(names) - 1)
        later = {*names[place + 1 :], END}
        for to in [branch.to for branch in question.branches] + [question.then or END]:
            if to not in later:
                yield _fault("way", Text("{question}: {to} is no later question"), question, to=to)


def _own(question: Question, last: bool) -> Iterator[Invalid]:
    if not question.words.zh.strip():
        yield _fault("words", Text("{question}: the Chinese text is missing"), question)
    if question.name == END:
        yield _fault("reserved", Text("{question}: this name means the end"), question)
    if question.kind is Kind.SCALE and question.high <= question.low:
        yield _fault("scale", Text("{question}: the scale has only one place"), question)
    if question.kind is Kind.CHOICE and len(question.choices) < 2:
        yield _fault("choices", Text("{question}: there is nothing to choose from"), question)
    keys = [choice.key for choice in question.choices]
    if len(keys) != len(set(keys)):
        yield _fault("keys", Text("{question}: a key stands for two answers"), question)
    if question.kind is Kind.COMMENT and not last:
        yield _fault("comment", Text("{question}: a comment is the last question"), question)
    for branch in question.branches:
        if not any(branch.low <= value <= branch.high for value in question.values):
            yield _fault(
                "branch", Text("{question}: no answer leads to {to}"), question, to=branch.to
            )


def _fault(code: str, message: Text, question: Question, **params: str) -> Invalid:
    return Invalid(f"survey.{code}", message.msgid, problems=(), question=question.name, **params)
