"""Surveys as data: what is asked next, which scales are comparable, what cannot be published."""

from __future__ import annotations

import pytest
from attrs import evolve

from careline.errors import Invalid
from careline_satisfaction.pages.typed import form_of, question_of
from careline_satisfaction.starter import starter
from careline_satisfaction.survey.check import check, problems_of
from careline_satisfaction.survey.document import from_document, to_document
from careline_satisfaction.survey.model import Branch, Kind, Question, Survey, Words, level

TEXT = Words("请评分", "Rate us")


def scale(low: int, high: int, **more: object) -> Question:
    return Question(name="score", kind=Kind.SCALE, words=TEXT, low=low, high=high, **more)  # type: ignore[arg-type]


def test_who_is_content_is_asked_something_else() -> None:
    survey = starter()
    check(survey)
    assert [one.name for one, _ in survey.path({"score": 2, "reason": 1, "words": 2})] == [
        *("score", "reason", "words")
    ]
    content = survey.next({"score": 5})
    assert content is not None
    assert content.name == "solved"
    assert survey.next({"score": 5, "solved": 1}) is None
    assert [one.name for one, _ in survey.path({"score": 5, "reason": 1})] == ["score"]


@pytest.mark.parametrize(
    ("low", "high", "best_low", "levels"),
    [
        (1, 5, False, [1, 2, 3, 4, 5]),
        (1, 5, True, [5, 4, 3, 2, 1]),
        (1, 3, True, [5, 3, 1]),
        (1, 9, False, [1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (0, 10, False, [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]),
    ],
)
def test_every_scale_has_five_levels(
    low: int, high: int, best_low: bool, levels: list[int]
) -> None:
    question = scale(low, high, best_low=best_low)
    assert [level(question.points(one)) for one in question.values] == levels


def test_all_problems_are_told_at_once() -> None:
    words = Question(name="words", kind=Kind.COMMENT, words=TEXT)
    first = Question(
        name="a", kind=Kind.CHOICE, words=Words(), branches=(Branch(low=7, high=8, to="x"),)
    )
    survey = Survey(name="bad", title=TEXT, questions=(first, words, evolve(first, then="a")))
    codes = [one.code.removeprefix("survey.") for one in problems_of(survey)]
    assert codes == [
        *("score", "words", "choices", "branch", "way", "comment"),
        *("twice", "words", "choices", "branch", "way", "way"),
    ]
    with pytest.raises(Invalid):
        check(survey)


def test_nobody_can_be_led_in_a_circle() -> None:
    survey = starter()
    last = evolve(survey.questions[2], then="score")
    circle = evolve(survey, questions=(*survey.questions[:2], last, survey.questions[3]))
    assert [one.code for one in problems_of(circle)] == ["survey.way"]


def test_it_is_the_same_after_being_stored_and_after_being_typed() -> None:
    survey = starter()
    assert from_document(survey.name, 1, to_document(survey)) == survey
    for question in survey.questions:
        assert question_of(form_of(question)) == question
