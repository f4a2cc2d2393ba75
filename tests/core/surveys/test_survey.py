"""Surveys as data: what is asked next, which answers there are, what cannot be published."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.core.surveys.shipped import hotline, recovery

from careline.errors import Invalid
from careline.surveys.check import check, problems_of
from careline.surveys.document import from_document, to_document
from careline.surveys.editing.editor import leads
from careline.surveys.editing.typed import form_of, question_of
from careline.surveys.model import Branch, Flag, Kind, Question, Survey, Words, level

TEXT = Words("请评分", "Rate us")


def scale(low: int, high: int, **more: object) -> Question:
    return Question(name="score", kind=Kind.SCALE, words=TEXT, low=low, high=high, **more)  # type: ignore[arg-type]


def test_who_is_content_is_asked_something_else() -> None:
    survey = hotline()
    check(survey, scored=True)
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
    codes = [one.code.removeprefix("survey.") for one in problems_of(survey, scored=True)]
    rest = [
        *("words", "choices", "branch", "way", "comment"),
        *("twice", "words", "choices", "branch", "way", "way"),
    ]
    assert codes == ["score", *rest]
    assert [one.code.removeprefix("survey.") for one in problems_of(survey)] == rest
    with pytest.raises(Invalid):
        check(survey)


def test_a_questionnaire_needs_no_score_but_a_question() -> None:
    check(recovery())
    codes = [one.code for one in problems_of(evolve(recovery(), questions=()))]
    assert codes == ["survey.empty"]


def test_alerts_and_numbers_that_cannot_be_are_found() -> None:
    number = recovery().questions[0]
    flags = (Flag(low=38, high=42, words=Words("发热")), Flag(low=385, high=420, words=Words()))
    survey = evolve(recovery(), questions=(evolve(number, flags=flags), evolve(number, low=420)))
    codes = [one.code for one in problems_of(survey)]
    assert codes == ["survey.flag", "survey.flag", "survey.twice", "survey.number"]


def test_nobody_can_be_led_in_a_circle() -> None:
    survey = hotline()
    last = evolve(survey.questions[2], then="score")
    circle = evolve(survey, questions=(*survey.questions[:2], last, survey.questions[3]))
    assert [one.code for one in problems_of(circle)] == ["survey.way"]


@pytest.mark.parametrize("survey", [hotline(), recovery()], ids=lambda one: one.name)
def test_it_is_the_same_after_being_stored_and_after_being_typed(survey: Survey) -> None:
    assert from_document(survey.name, 1, to_document(survey)) == survey
    for question in survey.questions:
        assert question_of(form_of(question)) == question


# Numbers


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        *(("37*5", 375), ("375", 375), ("37", 370), ("36*", 360), ("42", 420)),
        *(("42*1", None), ("99", None), ("3", None), ("", None), ("*", None), ("37*55", None)),
    ],
)
def test_a_temperature_by_keys(keys: str, value: int | None) -> None:
    assert recovery().questions[0].pressed(keys) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((" 37.5 ", 375), ("37。5", 375), ("３７．５", 375), ("37.50", 375), ("37", 370)),
        *(("37.55", None), ("-37", None), ("三十七", None), ("420", None), ("1e2", None)),
    ],
)
def test_a_temperature_as_people_write_it(text: str, value: int | None) -> None:
    assert recovery().questions[0].read(text) == value


def test_hundredths_of_a_unit() -> None:
    sugar = evolve(recovery().questions[0], low=0, high=3000, decimals=2, unit="mmol/L")
    assert [sugar.read(one) for one in ("5.6", "5.06", "5", "0.5")] == [560, 506, 500, 50]
    assert [sugar.shown(one) for one in (560, 506, 500, 50)] == ["5.60", "5.06", "5.00", "0.50"]


@given(value=st.integers(350, 420))
def test_what_is_shown_is_read_as_the_same(value: int) -> None:
    question = recovery().questions[0]
    assert question.read(question.shown(value)) == value
    assert question.pressed(question.shown(value).replace(".", "*")) == value
    assert question.label(value, "zh") == f"{value // 10}.{value % 10}℃"


def test_alerts_are_of_the_answers_that_raise_them() -> None:
    temperature, pain, bleeding, _ = recovery().questions
    flags = [temperature.flag(384), temperature.flag(385), pain.flag(7), bleeding.flag(2)]
    assert [one and one.words.en for one in flags] == [None, "Fever", None, None]


def test_ways_are_told_in_spans() -> None:
    number = evolve(recovery().questions[0], branches=(Branch(low=360, high=372, to="words"),))
    survey = evolve(recovery(), questions=(number, *recovery().questions[1:]))
    assert leads(survey, number) == [("35.0-35.9, 37.3-42.0", "pain"), ("36.0-37.2", "words")]


def test_what_is_read_is_short_and_in_the_readers_language() -> None:
    spoken = Words("好请按1，不好请按2。", "Well, press 1. Not, press 2.")
    question = Question(name="well", kind=Kind.SCALE, words=spoken, screen=Words("好吗？"))
    assert question.read_as("zh") == "好吗？"
    assert question.read_as("en") == spoken.en
    both = evolve(question, screen=Words("好吗？", "Well?"))
    assert both.read_as("en") == "Well?"
    survey = Survey(name="s", title=Words("问"), questions=(both,))
    assert from_document("s", 0, to_document(survey)) == survey
    assert question_of(form_of(both)) == both
