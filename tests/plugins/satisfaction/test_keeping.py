"""What is kept of patients: exported, erased, merged and told apart; the check of the house."""

from __future__ import annotations

import pytest
from tests.plugins.satisfaction.site import CALL, Site

from careline.hooks import Level
from careline.storage import Database
from careline_satisfaction.answers.model import Way

PATIENT, OTHER = 4, 9


@pytest.fixture
def site(db: Database) -> Site:
    made = Site(db)
    made.talk()
    take = made.plugin.answers.take
    made.run(take(CALL, {"score": 1, "reason": 3}, Way.AGENT, "8001", "王女士说等太久"))
    return made


def test_an_erased_patients_score_stays_without_words_and_name(site: Site) -> None:
    [part] = site.run(site.plugin.export_patient(PATIENT))
    assert part.rows[0]["level"] == 1
    assert "王女士说等太久" in str(part.rows)
    site.run(site.plugin.erase_patient(PATIENT))
    site.run(site.plugin.erase_patient(PATIENT))
    answer = site.answer()
    assert (answer.patient, answer.comment, answer.level) == (0, "", 1)
    assert site.run(site.plugin.export_patient(PATIENT)) == []


def test_answers_of_merged_patients_are_told_apart_again(site: Site) -> None:
    for _ in range(2):
        site.run(site.plugin.patients_merged(OTHER, PATIENT))
    assert site.answer().patient == OTHER
    site.run(site.plugin.patients_unmerged(OTHER, PATIENT))
    assert site.answer().patient == PATIENT


def test_a_survey_without_a_flow_to_it_is_a_finding(site: Site) -> None:
    [check] = site.run(site.plugin.health())
    assert (check.level, check.detail) == (Level.MINOR, "rating")
    site.run(site.plugin.book.assign({}))
    [check] = site.run(site.plugin.health())
    assert check.level is Level.OK
