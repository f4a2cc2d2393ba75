"""A system on npm soap, in both styles: what it does well, badly, late, twice and never."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve
from tests.plugins.his_webservice.grounds import Written, ground, order
from tests.support.counterparts import Running, start
from twisted.internet.defer import ensureDeferred, gatherResults
from twisted.internet.threads import deferToThread

from careline.clinic import Clinic, ClinicKind, Order, TimeSlot, Verdict, VisitState
from careline.clinic.his import Info, NoAnswer
from careline.errors import CarelineError, Refused, Unavailable
from careline.testing import Spinner
from careline_his_webservice.adapters.soap.build import build
from careline_his_webservice.adapters.soap.his import SoapHis
from careline_his_webservice.adapters.soap.settings import SoapSettings
from careline_his_webservice.calling.model import Outcome

pytestmark = pytest.mark.integration

DAY = date(2026, 11, 23)
STYLES = {"typed": "typed", "call_service": "his"}
BOOK = {"typed": "Book", "call_service": "2001"}
SCHEDULE = {"typed": "GetSchedule", "call_service": "1004"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Running]:
    running = start("soap.mjs")
    yield running
    running.stop()


@define
class System:
    """One style of the running system, asked through the adapter."""

    style: str
    port: int
    his: SoapHis
    written: Written
    spin: Spinner

    def control(self, **fault: Any) -> Any:
        """Switch a fault on, or read what the system did."""
        url = f"http://127.0.0.1:{self.port}/control"
        body = json.dumps(fault).encode() if fault else None
        with urllib.request.urlopen(url, body, 10) as answer:
            return json.load(answer)

    @property
    def day(self) -> date:
        """A day of its own, since both styles book in one hospital."""
        return DAY if self.style == "typed" else DAY + timedelta(days=1)

    def slots(self) -> tuple[Clinic, list[TimeSlot]]:
        read = self.spin(self.his.schedule(self.day, self.day, ""))
        return read.clinics[0], read.slots_of(read.clinics[0].code)

    def order(self, key: str, which: int = 0, **person: Any) -> Order:
        clinic, slots = self.slots()
        return order(self.day, clinic.code, slots[which].code, f"{self.style}-{key}", **person)

    def bookings(self, wanted: Order) -> int:
        """How many stand for one slot."""
        kept = self.control()["bookings"]
        return sum(one["slot"] == wanted.slot and one["state"] == "booked" for one in kept)

    def error(self, ask: Any) -> CarelineError:
        with pytest.raises(CarelineError) as caught:
            self.spin(ask)
        return caught.value


def system(style: str, engine: Running, spin: Spinner, **more: Any) -> System:
    timeout = more.pop("timeout", 5.0)
    standing, written = ground(spin.clock, reactor=spin.reactor, timeout=timeout)
    given = {
        "wsdl": f"http://127.0.0.1:{engine.port}/{STYLES[style]}?wsdl",
        "style": style,
        "mapping": f"careline:{style}",
    } | more
    return System(style, engine.port, build(standing, SoapSettings(**given)), written, spin)


@pytest.fixture(params=STYLES)
def his(request: pytest.FixtureRequest, engine: Running, spin: Spinner) -> Iterator[System]:
    made = system(request.param, engine, spin)
    yield made
    made.control(mode="none")


def test_directory_schedule_and_people(his: System) -> None:
    directory = his.spin(his.his.directory())
    assert [one.name for one in directory.departments] == ["内科", "骨科", "儿科"]
    assert directory.doctors[0].expert
    assert directory.doctors[0].diseases == ("高血压", "冠心病")
    read = his.spin(his.his.schedule(DAY, date(2026, 11, 29), "E02"))
    assert len(read.clinics) == 7
    assert {one.department for one in read.clinics} == {"E02"}
    first = read.clinics[0]
    assert (first.day, first.kind, first.fee) == (DAY, ClinicKind.EXPERT, Decimal("30.00"))
    slots = read.slots_of(first.code)
    assert len(slots) == 4
    assert slots[0].start in (time(8), time(14))
    assert slots[0].end.minute == 30
    family = his.spin(his.his.people("13800138001"))
    assert [(one.name, one.sex) for one in family][:2] == [("王芳", "female"), ("王小明", "male")]
    drugs = his.spin(his.his.info(Info.DRUGS, {"text": "阿莫"}))
    assert drugs.rows == (("阿莫西林胶囊", "0.25g*24粒", "盒", "12.50"),)
    assert his.spin(his.his.info(Info.DRUGS, {"text": "nothing"})).rows == ()


def test_a_check_writes_nothing(his: System) -> None:
    before = his.control()
    findings = his.spin(his.his.check())
    assert [one for one in findings if not one.ok] == []
    after = his.control()
    assert (after["bookings"], after["patients"]) == (before["bookings"], before["patients"])
    writes = {"Book", "Cancel", "StopClinic", "2001", "2002", "2004"}
    changed = {name for name in after["calls"] if after["calls"][name] != before["calls"].get(name)}
    assert not changed & writes


def test_a_visit_from_booking_to_cancelling(his: System) -> None:
    wanted = his.order("life", 0)
    reply = his.spin(his.his.book(wanted))
    assert (reply.verdict, reply.outpatient_number) == (Verdict.BOOKED, "E0000001")
    found = his.spin(his.his.state(wanted, reply.reference))
    assert (found.state, found.reference) == (VisitState.BOOKED, reply.reference)
    again = his.spin(his.his.book(wanted))
    assert (again.verdict, again.reference) == (Verdict.BOOKED, reply.reference)
    assert his.bookings(wanted) == 1
    for reference in ("", reply.reference):  # the second time there is nothing to cancel
        cancelled = his.spin(his.his.cancel(wanted, reference, "不来了"))
        assert cancelled.verdict is Verdict.CANCELLED
    assert his.bookings(wanted) == 0
    assert his.spin(his.his.state(wanted, reply.reference)).state is VisitState.CANCELLED


def test_a_new_patient_gets_a_number_and_a_full_slot_is_told(his: System) -> None:
    person = {"number": "", "name": f"新人{his.style}", "id_card": "", "phone": "+8613912345678"}
    wanted = his.order("new", 1, **person)
    reply = his.spin(his.his.book(wanted))
    assert reply.outpatient_number.startswith("E9")
    free = next(one for one in his.slots()[1] if one.code == wanted.slot).left
    for number in range(free):
        other = evolve(wanted.person, name=f"第{number}人{his.style}")
        sure = evolve(wanted, key=f"{wanted.key}-{number}", person=other)
        assert his.spin(his.his.book(sure)).verdict is Verdict.BOOKED
    late = evolve(wanted, key=f"{wanted.key}-x", person=evolve(wanted.person, name="晚了"))
    assert his.spin(his.his.book(late)).verdict is Verdict.TAKEN


def test_a_stopped_clinic_takes_nobody(engine: Running, spin: Spinner) -> None:
    his = system("typed", engine, spin)
    read = spin(his.his.schedule(date(2026, 12, 25), date(2026, 12, 25), ""))
    clinic = read.clinics[-1]
    assert spin(his.his.stop_clinic(clinic.code, "生病")).verdict is Verdict.CANCELLED
    wanted = order(clinic.day, clinic.code, read.slots_of(clinic.code)[0].code, "stopped")
    reply = spin(his.his.book(wanted))
    assert (reply.verdict, reply.reason) == (Verdict.REFUSED, "已停诊")
    after = spin(his.his.schedule(clinic.day, clinic.day, clinic.department))
    assert after.clinics[0].stopped


def test_a_fault_says_no(engine: Running, spin: Spinner) -> None:
    his = system("typed", engine, spin)
    with pytest.raises(Refused, match="科室不存在"):
        spin(his.his.schedule(DAY, DAY, "E99"))


@pytest.mark.parametrize("mode", ["drop", "never"])
def test_an_answer_that_is_lost_is_unknown_and_found_later(his: System, mode: str) -> None:
    """The system has done the work, or may have: nobody may say "booked", or try elsewhere."""
    wanted = his.order(f"lost-{mode}", 2)
    his.control(mode=mode, times=1, what=BOOK[his.style])
    if mode == "never":
        asked = his.his.asking.ground.core.clock.within(0.5, his.his.book(wanted))
    else:
        asked = his.his.book(wanted)
    assert isinstance(his.error(asked), NoAnswer)
    assert his.written.lines[-1][1] in (Outcome.LATE, Outcome.UNREACHABLE)
    found = his.spin(his.his.state(wanted, ""))
    stands = found.state is VisitState.BOOKED
    assert stands is (mode == "drop")
    assert his.spin(his.his.book(wanted)).verdict is Verdict.BOOKED
    assert his.bookings(wanted) == 1
    his.spin(his.his.cancel(wanted, "", ""))


def test_refused_and_lost_are_told_apart(engine: Running, spin: Spinner) -> None:
    """Nobody listens: surely not done. Somebody listened: unknown, also when asked again."""
    sure = system("call_service", engine, spin)
    wanted = sure.order("apart", 3)
    nowhere = system("call_service", engine, spin, endpoint="http://127.0.0.1:1/his")
    error = nowhere.error(nowhere.his.book(wanted))
    assert error.code == "his.unreachable"
    nowhere.his.asking.unsure.add(wanted.key)
    assert isinstance(nowhere.error(nowhere.his.book(wanted)), NoAnswer)
    sure.control(mode="status", ms=401, times=1)
    assert sure.error(sure.his.book(wanted)).code == "his.unreachable"
    sure.control(mode="drop-before", times=1)
    assert isinstance(sure.error(sure.his.book(wanted)), NoAnswer)
    for fault in ({"mode": "status", "ms": 502}, {"mode": "fault"}):
        sure.control(**fault, times=1)
        assert spin(sure.his.book(wanted)).verdict is Verdict.UNKNOWN, fault
    assert sure.bookings(wanted) == 0


@pytest.mark.parametrize("mode", ["garbage", "bomb", "outside", "empty", "types", "code"])
def test_nonsense_is_refused_with_a_clear_entry(his: System, mode: str) -> None:
    wanted = his.order(f"bad-{mode}", 3)
    his.control(mode=mode, what=SCHEDULE[his.style])
    error = his.error(his.his.schedule(DAY, DAY, ""))
    assert isinstance(error, Unavailable)
    assert error.code == "his.bad_answer"
    assert his.written.lines[-1][1] is Outcome.WRONG
    if mode != "types":
        his.control(mode=mode, what=BOOK[his.style], times=1)
        assert his.spin(his.his.book(wanted)).verdict is Verdict.UNKNOWN
    his.control(mode="none")
    assert his.spin(his.his.schedule(DAY, DAY, "")).clinics


def test_fifty_megabytes_are_not_taken_in(engine: Running, spin: Spinner) -> None:
    his = system("typed", engine, spin)
    spin(his.his.directory())
    his.control(mode="huge", times=1)
    assert his.error(his.his.directory()).code == "his.bad_answer"
    said, sent, ended = spin(deferToThread(engine.line)).split()
    # How much the sockets on both sides hold is theirs; that it was cut off is ours.
    assert (said, ended) == ("huge", "cut"), f"{sent} of 50 MB were sent"


def test_late_twice_and_all_at_once(his: System) -> None:
    wanted = his.order("late", 3)
    his.control(mode="late", ms=300, what=BOOK[his.style])
    assert his.spin(his.his.book(wanted)).verdict is Verdict.BOOKED
    his.spin(his.his.cancel(wanted, "", ""))
    his.control(mode="answer-twice")
    assert his.slots()[0].day == his.day
    his.control(mode="none")
    asked = [ensureDeferred(his.his.directory()) for _ in range(10)]
    assert len(his.spin(gatherResults(asked))) == 10


def test_a_delivery_that_comes_twice_books_once_where_keys_are_known(
    engine: Running, spin: Spinner
) -> None:
    his = system("call_service", engine, spin)
    wanted = his.order("twice", 2)
    his.control(mode="work-twice", times=1, what="2001")
    assert spin(his.his.book(wanted)).verdict is Verdict.BOOKED
    assert len([one for one in his.control()["bookings"] if one["key"] == wanted.key]) == 1
    his.control(mode="none")


def test_slots_may_be_asked_for_clinic_by_clinic(engine: Running, spin: Spinner) -> None:
    his = system("call_service", engine, spin)
    last = DAY + timedelta(days=1)
    whole = spin(his.his.schedule(DAY, last, ""))
    slots = his.his.asking.rules.slots
    request = {**slots.request, "排班号": "{clinic}"}
    one_by_one = evolve(slots, each_clinic=True, request=request)
    his.his.asking.rules = evolve(his.his.asking.rules, slots=one_by_one)
    his.written.lines.clear()
    found = spin(his.his.schedule(DAY, last, ""))
    assert len(whole.slots) == 24
    assert set(found.slots) == set(whole.slots)
    assert [line[0] for line in his.written.lines] == ["clinics"] + ["slots"] * 6
    his.control(mode="garbage", what="1004")
    assert his.error(his.his.schedule(DAY, last, "")).code == "his.bad_answer"
    his.control(mode="none")


def test_a_check_says_what_is_missing(tmp_path: Path, engine: Running, spin: Spinner) -> None:
    typed = system("typed", engine, spin).his.asking.rules
    rules = evolve(
        typed,
        departments=evolve(typed.departments, fields={"code": "DeptCode", "name": "DeptNmae"}),
        doctors=evolve(typed.doctors, call="GetDoctorList"),
        book=evolve(typed.book, request={"SlotCod": "{slot}"}),
        values={**typed.values, "half": {"上午": "morning"}},
    )
    his = system("typed", engine, spin)
    his.his.asking.rules = rules
    wrong = {one.what: one.detail for one in spin(his.his.check()) if not one.ok}
    assert "missing in all of them: name" in wrong["departments"]
    assert "no operation GetDoctorList" in wrong["doctors"]
    assert "SlotCod" in wrong["book"]
    assert "“下午”" in wrong["schedule"]


def test_a_wsdl_that_is_no_wsdl(engine: Running, spin: Spinner) -> None:
    for url in (f"http://127.0.0.1:{engine.port}/control", "http://127.0.0.1:1/x", "none.wsdl"):
        his = system("typed", engine, spin, wsdl=url)
        findings = spin(his.his.check())
        assert [(one.what, one.ok) for one in findings] == [("WSDL", False)]
        assert his.error(his.his.directory()).code == "his.wsdl"


def test_an_address_that_is_none_is_told(engine: Running, spin: Spinner) -> None:
    for endpoint in ("ftp://127.0.0.1/his", "http://", "http://医院/his", "his"):
        his = system("typed", engine, spin, endpoint=endpoint)
        assert his.error(his.his.directory()).code == "his.wsdl"


def test_a_wsdl_names_no_file_and_no_other_host(tmp_path: Path) -> None:
    from careline_his_webservice.adapters.soap.wsdl import _Foreign, _Loading

    loading = _Loading("http://his.local/x?wsdl", 1.0, None)
    for url in ("file:///etc/hostname", "/etc/hostname", "http://169.254.169.254/latest"):
        with pytest.raises(_Foreign):
            loading.load(url)


def test_a_password_goes_to_no_host_that_only_the_wsdl_names() -> None:
    from careline_his_webservice.adapters.soap.wsdl import _Foreign, _refuse_leak

    home, other = "http://his.local/x?wsdl", "http://elsewhere.local/x"
    signed_in = SoapSettings(wsdl=home, mapping="careline:typed", user="careline")
    with pytest.raises(_Foreign):
        _refuse_leak(other, home, signed_in)
    _refuse_leak("http://his.local:8080/y", home, signed_in)
    _refuse_leak(other, home, evolve(signed_in, endpoint=other))
    _refuse_leak(other, home, evolve(signed_in, user=""))
    _refuse_leak(other, "/etc/careline/his.wsdl", signed_in)
