"""The demonstration: 300 discharges, all covered, most of them asked; two red flags wait."""

from __future__ import annotations

from tests.plugins.followup.pages.house import Pages

from careline.patients import store as patients
from careline.patients.model import Patient, PatientPhone
from careline.storage import Database, Tx
from careline_followup.demo import WARDS, put_demo
from careline_followup.flags import store as flag_store
from careline_followup.flags.model import FlagState
from careline_followup.pages.coverage import total
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State


def people(tx: Tx) -> None:
    """Some patients with telephones."""
    for nth in range(40):
        phone = PatientPhone(f"+861380000{nth:04}", preferred=True)
        patients.add_patient(tx, Patient(name=f"患者{nth}", phones=(phone,)))


def test_three_hundred_discharges_are_followed_up(db: Database) -> None:
    pages = Pages(db)
    site = pages.site
    today = site.clock.now().date()
    db.run_sync(people)
    db.run_sync(put_demo, today)
    site.run(pages.s.plans.load())
    figures = site.run(pages.s.figures.coverage(today.replace(year=2025), today))
    seen = total(figures)
    assert (seen.cases, seen.bare) == (300, 0)
    assert seen.done / seen.due > 0.8
    assert 0 < seen.overdue <= 12
    flags = site.run(pages.s.flags.listed((FlagState.OPEN,)))
    assert len(flags) == seen.flags_open == 2
    assert len({one.ward for one in flags}) == 2
    told = {post.ward for post in db.run_sync(flag_store.posts)}
    assert {ward for _department, ward, *_rest in WARDS} <= told
    red = site.run(pages.s.answers.given(flags[0].task))[flags[0].question]
    assert red.red
    for path in ("/followup", "/followup/flags", "/followup/coverage", "/reports/followup_answers"):
        assert pages.get(path).status == 200
    # What falls due is for agents: numbers are made up, nobody is dialled by itself.
    site.later(days=2)
    assert any(one.state is State.DUE for one in site.all())
    assert {one.way for one in site.all(states=(State.DUE,))} == {Way.AGENT}
