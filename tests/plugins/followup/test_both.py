"""What SQL does with follow-up's tables, on both databases: one life, counted and found again."""

from __future__ import annotations

from datetime import date

from attrs import evolve
from tests.plugins.followup.recount import recount
from tests.plugins.followup.site import CARD, Site
from tests.support.databases import db  # noqa: F401 - both

from careline.outbound.model import Outcome
from careline.storage import Database
from careline_followup.figures.service import BY
from careline_followup.flags.leaders import LATE
from careline_followup.flags.model import FlagState, Post
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State, Why


def test_a_life_of_follow_up(db: Database) -> None:  # noqa: F811 - the fixture
    site = Site(db, public_url="https://call.hospital.example")
    site.run(site.s.flags.put_post(Post(campus="main", who="总值班", number="13500000003")))
    doctor = Post(campus="main", doctor="王芳", who="王芳", number="13500000004")
    site.run(site.s.flags.put_post(doctor))
    site.run(site.s.flags.put_post(evolve(doctor, doctor="李明", who="李明")))
    patient = site.patient()
    for number in range(1, 6):
        site.stay(
            number, id_card=CARD if number == 1 else "", ward=f"{number % 2}病区", doctor="王芳"
        )
        site.tell(str(number))
    site.stay(6, name="患\0者\ud800" + "六" * 300, diagnosis="\x1b[31m" + "肺" * 900)
    site.work()
    assert site.run(site.s.cases.get(6)).name[:3] == "患者六"
    site.run(site.s.cases.withdraw(6, Why.WITHDRAWN, "\0 误录", "leader"))
    site.night()
    site.later(days=3)
    assert len(site.calls()) == 5
    first, _, second, *_ = sorted(site.all(), key=lambda task: task.id)
    site.well(first.id)
    site.reply("feeling", 3, second.id, text="\0还\ud83d好")
    flag = site.reply("symptom", 4, second.id).flag
    assert flag is not None
    site.work()
    assert {one.to[-1] for one in site.house.sent.values()} >= {"3", "4"}
    site.job(LATE)
    site.later(minutes=40)
    assert site.run(site.s.flags.get(flag.id)).level == 1
    site.rings(Outcome.WRONG_NUMBER)
    site.run(site.s.flags.see(flag.id, "nurse"))
    assert len(site.run(site.s.flags.listed((FlagState.SEEN,), wards=(flag.ward,)))) == 1
    days = date(2026, 11, 1), date(2026, 11, 30)
    for by in BY:
        assert site.run(site.s.figures.coverage(*days, by)) == recount(site, by), by
    assert len(site.run(site.s.figures.collated(*days, "discharge", "plan"))) == 6
    assert site.run(site.s.figures.collated(*days, "discharge", "", ("main",)))
    assert [task.state for task in site.all(text="患者1")] == [State.ANSWERED, State.PLANNED]
    assert site.all(text="100%") == []
    token = db.run_sync(site.s.links.make, second.id)
    assert site.run(site.s.links.open(token)).id == second.id
    site.run(site.plugin.patients_merged(kept=patient.id + 1, gone=patient.id))
    site.run(site.plugin.patients_unmerged(kept=patient.id + 1, gone=patient.id))
    assert len(site.run(site.plugin.export_patient(patient.id))) == 3
    site.run(site.plugin.erase_patient(patient.id))
    assert site.run(site.plugin.export_patient(patient.id)) == []
    assert {one.way for one in site.all(states=(State.DUE,))} == {Way.AGENT}
