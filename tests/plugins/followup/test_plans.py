"""Plans: what is shipped can be used, what is wrong is refused with all that is wrong."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.followup.site import Site

from careline.errors import Invalid, NotFound
from careline.storage import Database
from careline.surveys.check import problems_of as survey_problems
from careline_followup.plans.check import problems_of
from careline_followup.plans.document import from_document, to_document
from careline_followup.plans.model import Last, Plan, PlanKind, Step, Way
from careline_followup.starter import put_starters, questionnaires, starter_plans

NAMES = {one.name for one in questionnaires()}


def test_what_is_shipped_is_right_and_in_both_languages() -> None:
    for survey in questionnaires():
        assert list(survey_problems(survey)) == []
        for question in survey.questions:
            assert question.words.en
            assert all(one.words.en for one in (*question.choices, *question.flags))
    for plan in starter_plans():
        assert list(problems_of(plan, NAMES)) == []
        assert plan.title_en
    assert {one.kind for one in starter_plans()} >= {PlanKind.GENERAL, PlanKind.BEFORE}


def test_every_question_can_lead_to_an_end() -> None:
    """From each question on, whatever is answered, the questionnaire ends."""
    for survey in questionnaires():
        for question in survey.questions:
            for value in question.values:
                after = survey.after(question, value)
                assert after is None or survey.questions.index(after) > survey.questions.index(
                    question
                )


def test_what_a_hospital_has_changed_is_not_shipped_again(db: Database) -> None:
    site = Site(db)
    site.run(site.s.plans.remove("diabetes", "admin"))
    site.plan(evolve(site.s.plans.get("general"), title="我们的随访"))
    assert not db.run_sync(put_starters, site.clock.now())
    again = Site(db)
    assert again.s.plans.get("general").title == "我们的随访"
    assert again.s.plans.find("diabetes") is None
    with pytest.raises(NotFound):
        again.run(again.s.plans.remove("diabetes", "admin"))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"steps": (Step(days=3), Step(days=3))}, "followup.steps"),
        ({"steps": (Step(days=9), Step(days=3))}, "followup.steps"),
        ({"steps": (Step(days=-1),)}, "followup.after"),
        ({"kind": PlanKind.BEFORE}, "followup.before"),
        ({"questionnaire": "none"}, "followup.questionnaire"),
        ({"ways": ()}, "followup.ways"),
        ({"ways": (Way.AGENT, Way.AGENT)}, "followup.ways"),
        ({"ways": (Way.WARD,)}, "followup.ways"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(
    db: Database, values: dict[str, object], code: str
) -> None:
    site = Site(db)
    bad = evolve(site.s.plans.get("general"), **values)
    with pytest.raises(Invalid) as refused:
        site.plan(bad)
    assert [one.code for one in refused.value.problems] == [code]


WORDS = st.text(max_size=12)
PLANS = st.builds(
    Plan,
    name=st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
    title=st.text(min_size=1, max_size=20),
    title_en=WORDS,
    kind=st.sampled_from(PlanKind),
    campuses=st.lists(WORDS, max_size=2).map(tuple),
    diagnoses=st.lists(WORDS, max_size=2).map(tuple),
    steps=st.lists(st.builds(Step, days=st.integers(-30, 400)), max_size=3).map(tuple),
    ways=st.lists(st.sampled_from(Way), max_size=3).map(tuple),
    last=st.sampled_from(Last),
    flag_minutes=st.integers(0, 1440),
    beside=st.booleans(),
)


@given(plan=PLANS)
def test_a_plan_is_the_same_after_it_was_stored(plan: Plan) -> None:
    assert from_document(plan.name, to_document(plan)) == plan
