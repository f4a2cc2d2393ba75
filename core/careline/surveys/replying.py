"""A survey in a browser: the fields of its questions, and what was filled in.

Template ``surveys/fields.html`` draws the fields ``q-<question>``; the same for an agent who asks
and for somebody who answers at home. Nothing of it needs a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from careline.i18n import Text, translate
from careline.surveys.model import Kind, Question, Survey
from careline.web import FormState, Visit

PREFIX = "q-"
LONGEST = 1000
NOT_ONE = Text("Please choose one of those offered.")
NO_NUMBER = Text("Please give a number from {low} to {high}.")


@frozen
class Filled:
    """What was filled in and is right: answers by question, and words of comments."""

    values: Mapping[str, int] = field(factory=dict)
    texts: Mapping[str, str] = field(factory=dict)


def read_replies(
    visit: Visit, survey: Survey, only: Sequence[str] | None = None
) -> tuple[Filled, FormState]:
    """The answers in the visit's form, and the form with an error beside each that is none.

    Empty fields are left out; ``only`` are the names of the questions that were shown, None for
    all. Answers off the way are among them: ``survey.path`` leaves them out.
    """
    values: dict[str, int] = {}
    texts: dict[str, str] = {}
    typed: dict[str, Sequence[str]] = {}
    errors: dict[str, str] = {}
    for question in survey.questions:
        if only is not None and question.name not in only:
            continue
        name = PREFIX + question.name
        text = visit.form.get(name, "").strip()
        typed[name] = [text[:LONGEST]]
        if question.kind is Kind.COMMENT:
            values |= {question.name: 1 if text else 2}
            texts |= {question.name: text[:LONGEST]} if text else {}
        elif text:
            value = question.read(text)
            if value is None:
                errors[name] = _wrong(question, visit.language)
            else:
                values[question.name] = value
    return Filled(values, texts), FormState(typed, errors, language=visit.language)


def form_of(survey: Survey, values: Mapping[str, int], language: str) -> FormState:
    """The form with answers that are there."""
    typed = {
        PREFIX + one.name: [one.shown(values[one.name])]
        for one in survey.questions
        if one.name in values and one.kind is not Kind.COMMENT
    }
    return FormState(typed, language=language)


def _wrong(question: Question, language: str) -> str:
    if question.kind is not Kind.NUMBER:
        return translate(NOT_ONE.msgid, language)
    low, high = question.shown(question.low), question.shown(question.high)
    return translate(NO_NUMBER.msgid, language, low=low, high=high)
