"""What is wrong with a survey before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from careline.errors import Invalid
from careline.i18n import Text
from careline.surveys.model import END, Kind, Question, Survey

#: Questions of a survey with a score, which is asked unbidden, and of any other.
MOST_SCORED, MOST_QUESTIONS = 8, 40
#: Answers that one number can have.
WIDEST = 10_000


def check(survey: Survey, *, scored: bool = False) -> None:
    """Pass, or raise Invalid with every problem. ``scored``: its first question is a score."""
    problems = list(problems_of(survey, scored=scored))
    if problems:
        raise Invalid(
            "survey.invalid",
            "The survey cannot be published ({count}):",
            problems=problems,
            count=len(problems),
        )


def problems_of(survey: Survey, *, scored: bool = False) -> Iterator[Invalid]:
    """Every problem, in the order of the questions."""
    most = MOST_SCORED if scored else MOST_QUESTIONS
    if scored and (not survey.questions or survey.questions[0].kind is not Kind.SCALE):
        yield Invalid("survey.score", "The first question must be a scale: it is the score.")
    if not survey.questions and not scored:
        yield Invalid("survey.empty", "There is no question.")
    if len(survey.questions) > most:
        yield Invalid("survey.many", "At most {most} questions.", most=most)
    names = [one.name for one in survey.questions]
    for place, question in enumerate(survey.questions):
        if question.name in names[:place]:
            yield _fault("twice", Text("{question}: there are two of this name"), question)
        yield from _own(question, last=place == len(names) - 1)
        yield from _flags(question)
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
    if question.kind is Kind.NUMBER and not (
        0 <= question.low < question.high <= question.low + WIDEST
    ):
        yield _fault("number", Text("{question}: no such numbers can be given"), question)
    if question.kind is Kind.CHOICE and len(question.choices) < 2:
        yield _fault("choices", Text("{question}: there is nothing to choose from"), question)
    keys = [choice.key for choice in question.choices]
    if len(keys) != len(set(keys)):
        yield _fault("keys", Text("{question}: a key stands for two answers"), question)
    if question.kind is Kind.COMMENT and not last:
        yield _fault("comment", Text("{question}: a comment is the last question"), question)
    for branch in question.branches:
        if not _given(question, branch.low, branch.high):
            yield _fault(
                "branch", Text("{question}: no answer leads to {to}"), question, to=branch.to
            )


def _flags(question: Question) -> Iterator[Invalid]:
    for flag in question.flags:
        what = flag.words.zh
        if not what.strip():
            yield _fault("flag", Text("{question}: the Chinese text of an alert is missing"),
                         question)  # fmt: skip
        elif question.kind is Kind.COMMENT or not _given(question, flag.low, flag.high):
            yield _fault("flag", Text("{question}: no answer raises {what}"), question, what=what)


def _given(question: Question, low: int, high: int) -> bool:
    """True when one of the question's answers lies between both."""
    return any(low <= value <= high for value in question.values)


def _fault(code: str, message: Text, question: Question, **params: str) -> Invalid:
    return Invalid(f"survey.{code}", message.msgid, problems=(), question=question.name, **params)
