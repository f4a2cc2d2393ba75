"""Against Medplum's FHIR server over HTTP, and against a socket that behaves badly."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from attrs import evolve
from tests.plugins.his_webservice.fhir.hospital import (
    CARD,
    DAY,
    ID_CARD,
    ZHANG,
    order,
    resources,
    slot,
)
from tests.plugins.his_webservice.standing import ground_of
from tests.support.counterparts import Running, start
from tests.support.databases import put_tables
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.protocol import Factory, Protocol
from twisted.web.resource import Resource as Page
from twisted.web.server import Site

from careline.clinic import Verdict, VisitState
from careline.clinic.his import NoAnswer
from careline.clock import Clock
from careline.errors import Unavailable
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline.testing import Spinner, on_reactor
from careline_his_webservice.adapters.fhir.build import Fhir, build
from careline_his_webservice.adapters.fhir.server import Answer, Lost
from careline_his_webservice.adapters.fhir.settings import FhirSettings

pytestmark = pytest.mark.integration


class Hospital:
    """A running server, filled and asked behind the adapter's back."""

    def __init__(self, running: Running, mode: str = "") -> None:
        self.base = f"http://127.0.0.1:{running.port}/fhir"
        self.ask("POST", f"/../begin?{mode}")
        self.put(*resources(), *(slot(name, f"08:{at:02}") for at, name in enumerate("abc")))

    def ask(self, method: str, path: str, resource: Any = None) -> Any:
        body = json.dumps(resource).encode() if resource else None
        headers = {"Content-Type": "application/fhir+json"}
        url = self.base.removesuffix("/fhir") + path[3:] if path[:3] == "/.." else self.base + path
        with urlopen(Request(url, body, headers, method=method)) as answer:  # noqa: S310
            return json.load(answer)

    def put(self, *made: Any) -> None:
        for one in made:
            self.ask("PUT", f"/{one['resourceType']}/{one['id']}", one)

    def status(self, ident: str) -> str:
        return str(self.ask("GET", f"/Slot/{ident}")["status"])

    def appointments(self, status: str) -> int:
        return int(self.ask("GET", f"/Appointment?status={status}&_total=accurate")["total"])


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    running = start("fhir.mjs")
    yield running
    running.stop()


@pytest.fixture
def hospital(server: Running) -> Hospital:
    return Hospital(server)


@pytest.fixture
def db(db_clock: Clock) -> Iterator[Database]:
    """For exchanges alone; one kind of database is enough."""
    database = open_database("sqlite://", clock=db_clock, tasks=Tasks())
    put_tables(database)
    yield database
    database.engine.dispose()


def adapter(spin: Spinner, db: Database, base: str, **settings: Any) -> Fhir:
    ground = ground_of(db, spin.clock, Tasks(), spin.reactor)
    return build(ground, FhirSettings(base, **settings))


def all_of(*asked: Any) -> Deferred[list[Any]]:
    return gatherResults([Deferred.fromCoroutine(one) for one in asked], consumeErrors=True)


@on_reactor()
async def test_one_visit_from_schedule_to_cancel(
    spin: Spinner, db: Database, hospital: Hospital
) -> None:
    his = adapter(spin, db, hospital.base, page=10)
    try:
        assert [one.name for one in (await his.directory()).doctors] == ["李珅"]
        for department in ("xn", ""):
            schedule = await his.schedule(DAY, DAY, department)
            assert [one.left for one in schedule.slots] == [1, 1, 1]
        booked = await his.book(order("k1", "a"))
        assert booked.verdict is Verdict.BOOKED
        assert hospital.status("a") == "busy"
        again = await his.book(order("k1", "a"))
        assert (again.verdict, again.reference) == (Verdict.BOOKED, booked.reference)
        assert (await his.state(order("k1", "a"), "")).state is VisitState.BOOKED
        assert [one.name for one in await his.people(CARD)] == ["张玘"]
        assert [one.id_card for one in await his.people("13811112222")] == [CARD]
        gone = await his.cancel(order("k1", "a"), booked.reference, "改期")
        assert gone.verdict is Verdict.CANCELLED
        assert hospital.status("a") == "free"
        other = await his.book(order("k2", "a", evolve(ZHANG, id=6)))
        assert other.verdict is Verdict.BOOKED
        assert hospital.ask("GET", f"/Patient?identifier={ID_CARD}%7C{CARD}")["total"] == 1
        assert (await his.cancel(order("k1", "a"), "", "")).verdict is Verdict.CANCELLED
        assert hospital.status("a") == "busy"  # another's by now
        assert all(one.ok for one in await his.check())
    finally:
        await his.stop()


@on_reactor()
async def test_ten_want_one_slot_and_one_gets_it(
    spin: Spinner, db: Database, hospital: Hospital
) -> None:
    his = adapter(spin, db, hospital.base)
    try:
        person = evolve(ZHANG, number="", id_card=CARD)
        await his.book(order("first", "b", person))  # the record is made once, before the race
        replies = await all_of(*(his.book(order(f"r{n}", "a", person)) for n in range(10)))
        verdicts = [one.verdict for one in replies]
        assert verdicts.count(Verdict.BOOKED) == 1
        assert verdicts.count(Verdict.TAKEN) == 9
        assert hospital.appointments("booked") == 2
    finally:
        await his.stop()


@on_reactor()
async def test_a_slot_is_free_again_when_the_appointment_is_refused(
    spin: Spinner, db: Database, server: Running
) -> None:
    bad_hospital = Hospital(server, "refuse")
    his = adapter(spin, db, bad_hospital.base)
    try:
        reply = await his.book(order("k1", "a"))
        assert (reply.verdict, reply.reason) == (Verdict.REFUSED, "本日已挂号")
        assert bad_hospital.status("a") == "free"
    finally:
        await his.stop()


@on_reactor()
async def test_an_answer_lost_is_unknown_and_then_found(
    spin: Spinner, db: Database, server: Running
) -> None:
    bad_hospital = Hospital(server, "drop")
    his = adapter(spin, db, bad_hospital.base)
    try:
        with pytest.raises(NoAnswer):
            await his.book(order("k1", "a"))
        found = await his.state(order("k1", "a"), "")
        assert found.state is VisitState.BOOKED
        assert (await his.book(order("k1", "a"))).verdict is Verdict.BOOKED
        assert bad_hospital.appointments("booked") == 1
    finally:
        await his.stop()


@on_reactor()
async def test_what_was_never_made_is_absent_for_good(
    spin: Spinner, db: Database, hospital: Hospital
) -> None:
    his = adapter(spin, db, hospital.base)
    held = slot("a", "08:00", "busy", identifier=[{"system": "urn:careline:visit", "value": "k1"}])
    hospital.put(held)  # a process that ended between its two steps
    try:
        assert (await his.state(order("k1", "a"), "")).state is VisitState.ABSENT
        assert hospital.status("a") == "free"
        late = await his.book(order("k1", "a"))  # its request, arriving after all
        assert late.verdict is Verdict.REFUSED
        assert hospital.status("a") == "free"
        assert hospital.appointments("booked") == 0
    finally:
        await his.stop()


@on_reactor()
async def test_a_stopped_clinic_takes_nobody(
    spin: Spinner, db: Database, hospital: Hospital
) -> None:
    his = adapter(spin, db, hospital.base)
    try:
        await his.book(order("k1", "b"))
        assert (await his.stop_clinic("s1~20261124m", "停诊")).verdict is Verdict.CANCELLED
        assert [hospital.status(one) for one in "abc"] == [
            "busy-unavailable",
            "busy",
            "busy-unavailable",
        ]
        assert (await his.book(order("k2", "a"))).verdict is Verdict.TAKEN
    finally:
        await his.stop()


@on_reactor()
async def test_stays_are_told_with_who_it_is(
    spin: Spinner, db: Database, hospital: Hospital
) -> None:
    his = adapter(spin, db, hospital.base)
    hospital.put(
        {"resourceType": "Patient", "id": "p", "name": [{"text": "张玘"}],
         "identifier": [{"system": ID_CARD, "value": CARD}]},
        {"resourceType": "Encounter", "id": "e", "status": "in-progress",
         "class": {"code": "IMP"}, "subject": {"reference": "Patient/p"},
         "period": {"start": "2026-11-20T08:00:00+08:00"}},
    )  # fmt: skip
    try:
        news = await his.stays(spin.clock.now().replace(year=2020), None)
        assert [(one.visit, one.stay.name, one.stay.id_card) for one in news] == [
            ("e", "张玘", CARD)
        ]
        long_ago, far = (spin.clock.now().replace(year=year) for year in (2020, 2099))
        assert [one.visit for one in await his.stays(long_ago, far)] == ["e"]
        assert await his.stays(far, None) == []
        assert await his.stays(long_ago, long_ago.replace(month=12)) == []
    finally:
        await his.stop()


class Bad(Page):
    """Answers with what it was given."""

    isLeaf = True

    def __init__(self, body: bytes, status: int, headers: dict[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self.answer = (body, status, headers)

    def render(self, request: Any) -> bytes:
        body, status, headers = self.answer
        request.setResponseCode(status)
        for name, value in headers.items():
            request.setHeader(name, value)
        return body


@pytest.mark.parametrize(
    ("body", "status", "headers", "code"),
    [
        (b'{"resourceType":"Bundle","x":"' + b"x" * (8 << 20) + b'"}', 200, {}, "his.bad_answer"),
        (b'{"resourceType":"Patient"}', 200, {}, "his.bad_answer"),
        (gzip.compress(b"{}" * (50 << 19)), 200, {"Content-Encoding": "gzip"}, "his.bad_answer"),
        (b"", 302, {"Location": "http://127.0.0.1:1/elsewhere"}, "his.bad_answer"),
        (b"no", 500, {}, "his.failed"),
        (b"no", 401, {}, "his.forbidden"),
    ],
    ids=["too long", "no bundle", "bomb", "redirect", "broken", "token"],
)
@on_reactor()
async def test_bad_answers_are_refused(
    spin: Spinner, db: Database, body: bytes, status: int, headers: Any, code: str
) -> None:
    site = Site(Bad(body, status, headers))  # type: ignore[no-untyped-call]  # Twisted's
    listening = spin.reactor.listenTCP(0, site, interface="127.0.0.1")
    his = adapter(spin, db, f"http://127.0.0.1:{listening.getHost().port}")
    try:
        with pytest.raises(Unavailable) as caught:
            await his.directory()
        assert caught.value.code == code
    finally:
        await his.stop()
        await listening.stopListening()


@on_reactor()
async def test_a_check_says_what_is_missing(
    spin: Spinner, db: Database, hospital: Hospital
) -> None:
    his = adapter(spin, db, hospital.base, visit_system="urn:x")
    hospital.put(
        {"resourceType": "Practitioner", "id": "d2", "name": [{"text": "何处"}]},
        {"resourceType": "Schedule", "id": "s2", "actor": [{"reference": "Location/l1"}]},
        {"resourceType": "Appointment", "id": "x", "status": "booked", "participant": [],
         "identifier": [{"system": "urn:x", "value": "careline-check"}]},
    )  # fmt: skip
    try:
        found = {one.what: (one.ok, one.detail) for one in await his.check()}
        assert found["doctors and their departments"] == (True, "1 (- 1: Practitioner/d2)")
        assert found["schedules and who holds them"] == (True, "1 (- 1: Schedule/s2)")
        assert not found["Appointment?identifier=urn:x|"][0]
        hospital.put({"resourceType": "Schedule", "id": "s1", "actor": "nobody"})
        found = {one.what: (one.ok, one.detail) for one in await his.check()}
        ok, detail = found["schedules and who holds them"]
        assert not ok
        assert "Schedule/s1: actor must be a list" in detail
    finally:
        await his.stop()


class Raw(Protocol):
    """Answers with bytes as they are, and hangs up."""

    answer = b""

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(self.answer)
        self.transport.loseConnection()


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"\x16\x03\x01"],
    ids=["nothing", "no HTTP", "cut off", "TLS"],
)
@on_reactor()
async def test_what_is_no_answer_is_unreachable_and_a_visit_unknown(
    spin: Spinner, db: Database, answer: bytes
) -> None:
    factory = Factory.forProtocol(type("Answering", (Raw,), {"answer": answer}))
    listening = spin.reactor.listenTCP(0, factory, interface="127.0.0.1")
    his = adapter(spin, db, f"http://127.0.0.1:{listening.getHost().port}")
    try:
        with pytest.raises(Unavailable) as caught:
            await his.directory()
        assert caught.value.code == "his.unreachable"
        held = Answer(200, slot("a", "08:00") | {"meta": {"versionId": "1"}}, "1")
        with pytest.raises(Lost):
            await his._visits._hold(held, order("k", "a"))
    finally:
        await his.stop()
        await listening.stopListening()


@on_reactor()
async def test_a_server_that_is_away_is_unreachable(spin: Spinner, db: Database) -> None:
    his = adapter(spin, db, "http://127.0.0.1:1/fhir")
    with pytest.raises(Unavailable) as caught:
        await his.book(order("k1", "a"))
    assert caught.value.code == "his.unreachable"
    assert not (await his.check())[0].ok
    await his.stop()
