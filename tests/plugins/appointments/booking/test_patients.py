"""What is known of a patient's visits, and what becomes of them with the record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from attrs import evolve
from click.testing import CliRunner
from tests.plugins.appointments.site import PHONE, Site

from careline.calls.model import CallRecord, Direction
from careline.hooks import Level
from careline.testing.his import slot
from careline_appointments import cli
from careline_appointments.booking import steps
from careline_appointments.model import BookingState

SECOND = slot("s2", hour=10, capacity=2)


def test_visits_stand_in_the_history_and_in_the_export(site: Site) -> None:
    one = site.book(site.patient())
    timeline = site.run(site.hub.patient_timeline(patient_id=one.patient)).flat()
    assert [line.title for line in timeline] == ["Visit: booked"]
    export = site.run(site.hub.export_patient(patient_id=one.patient)).flat()
    rows = {part.name: part.rows for part in export}
    assert rows["bookings"][0]["key"] == one.key
    json.dumps(rows)


def test_an_appointment_in_words_for_other_plugins(site: Site) -> None:
    one = site.book(site.patient())
    words = site.run(site.hub.appointment_of(booking_id=one.id))
    assert (words.state, words.phone, words.number) == ("booked", PHONE, "7")
    assert site.run(site.hub.appointment_of(booking_id=99)) is None


def test_a_call_is_about_the_department_that_was_booked_last_in_it(site: Site) -> None:
    patient = site.patient()
    one = site.book(patient, call="hq-1.1")
    begun = datetime(2026, 11, 23, tzinfo=UTC)
    call = CallRecord(id="hq-1.1", direction=Direction.INBOUND, started=begun, patients=(patient,))
    about = site.plugin.call_department
    assert site.run(about(call)) == site.stored(one).department_name != ""
    assert site.run(about(evolve(call, id="hq-2.2"))) is None
    assert site.run(about(evolve(call, patients=()))) is None


def test_an_erased_patient_leaves_a_visit_of_nobody_that_is_still_settled(site: Site) -> None:
    site.his.how = ["lost"]
    one = site.book(site.patient())
    site.run(site.plugin.erase_patient(one.patient))
    gone = site.stored(one)
    assert (gone.patient, gone.phone) == (0, "")
    assert site.run(site.hub.export_patient(patient_id=one.patient)).flat() == []
    site.later(seconds=3)
    site.settle()
    assert site.stored(one).state is BookingState.BOOKED


def test_merged_patients_visits_are_of_one_and_apart_again(site: Site) -> None:
    kept, gone, last = site.patient("甲"), site.patient("乙"), site.patient("丙")
    mine, theirs = site.book(kept), site.book(gone, SECOND)
    site.run(site.plugin.patients_merged(kept, gone))
    site.run(site.plugin.patients_merged(kept, gone))
    site.run(site.plugin.patients_merged(last, kept))
    assert {site.stored(mine).patient, site.stored(theirs).patient} == {last}
    site.run(site.plugin.patients_unmerged(last, kept))
    site.run(site.plugin.patients_unmerged(kept, gone))
    assert (site.stored(mine).patient, site.stored(theirs).patient) == (kept, gone)


def test_a_block_goes_with_the_record_into_another_and_back(site: Site) -> None:
    kept, gone = site.patient("甲"), site.patient("乙")
    standings = site.services.standings
    until = site.now().date() + timedelta(30)
    site.run(standings.bar(gone, until, "多次爽约", "leader"))
    for _ in range(2):
        site.run(site.plugin.patients_merged(kept, gone))
    assert site.run(standings.get(kept)).until == until
    site.run(site.plugin.patients_unmerged(kept, gone))
    assert site.run(standings.get(kept)).until is None
    assert site.run(standings.get(gone)).until == until


def test_health_names_lost_answers_and_campuses_without_a_directory(site: Site) -> None:
    site.his.how, site.his.dumb = ["lost"], True
    site.book(site.patient())
    site.later(minutes=11)
    checks = {one.name: one for one in site.run(site.hub.health()).flat()}
    assert checks["appointments.unsettled"].level is Level.MINOR
    assert checks["appointments.directory"].detail == "east, main"
    site.his.dumb = False
    site.run(site.services.directory.sync())
    site.settle()
    checks = {one.name: one for one in site.run(site.hub.health()).flat()}
    assert {one.level for one in checks.values()} == {Level.OK}


class TestCommand:
    def call(self, site: Site, *args: str) -> str:
        (command,) = cli.commands(site.services)
        result = CliRunner().invoke(command.command, args, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    def test_bookings_are_listed_and_shown(self, site: Site) -> None:
        one = site.book(site.patient())
        listed = self.call(site, "list", "--patient", str(one.patient))
        assert "已预约" in listed
        shown = json.loads(self.call(site, "show", str(one.id)))
        assert shown["key"] == one.key

    def test_a_cancel_is_left_to_the_running_core(self, site: Site) -> None:
        one = site.book(site.patient())
        assert "取消中" in self.call(site, "cancel", str(one.id), "--reason", "有事")
        assert site.jobs(steps.SETTLE)
        site.settle()
        assert site.stored(one).state is BookingState.CANCELLED

    def test_settle_has_all_lost_answers_asked_about_now(self, site: Site) -> None:
        site.his.how = ["lost"]
        one = site.book(site.patient())
        assert "立即向医院核对" in self.call(site, "settle")
        site.settle()
        assert site.stored(one).state is BookingState.BOOKED

    def test_the_blacklist_is_kept_by_hand(self, site: Site) -> None:
        patient = site.patient()
        self.call(site, "blacklist", "add", str(patient), "--until", "2027-01-01")
        assert str(patient) in self.call(site, "blacklist", "list")
        self.call(site, "blacklist", "lift", str(patient))
        assert "没有患者被停约" in self.call(site, "blacklist", "list")
