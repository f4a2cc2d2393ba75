from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve

from careline.campuses.calendar import OpenState
from careline.clock import Clock
from careline.errors import Conflict, Invalid, NotFound
from careline.ivr import store
from careline.ivr.book import FlowBook
from careline.ivr.check import Known
from careline.ivr.demo import demo_flows
from careline.ivr.exits import Hangup, ToQueue
from careline.ivr.parse import load
from careline.ivr.routes import Dnis, route
from careline.ivr.service import Flows
from careline.storage import Database
from careline.testing.line import ScriptedLine, go
from careline.testing.runner import run_async

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DOCUMENT = load("""
name = "main"
start = "agent"
operator = "agent"
[nodes.agent]
kind = "queue"
queue = "service"
timeout = "@end"
full = "@end"
closed = "@end"
""")
KNOWN = Known(queues={"service", "appointments", "complaints"}, flows=set())


def service(db: Database, db_clock: Clock) -> Flows:
    return Flows(db, evolve(db_clock, wall=lambda: NOW), FlowBook(clock=db_clock), lambda: KNOWN)


def test_drafts_are_published_and_then_never_changed(db: Database, db_clock: Clock) -> None:
    flows = service(db, db_clock)
    draft = run_async(flows.save_draft(DOCUMENT, "admin"), db_clock)
    assert (draft.version, draft.state) == (1, store.VersionState.DRAFT)
    again = run_async(flows.save_draft(DOCUMENT | {"start": "nowhere"}, "li", 1), db_clock)
    assert (again.version, again.who) == (1, "li")
    with pytest.raises(Invalid):
        run_async(flows.publish("main", "li"), db_clock)
    run_async(flows.save_draft(DOCUMENT, "admin"), db_clock)
    assert run_async(flows.publish("main", "admin"), db_clock).version == 1
    second = run_async(flows.save_draft(DOCUMENT | {"operator": ""}, "admin"), db_clock)
    assert second.version == 2
    first = db.run_sync(store.get_version, "main", 1)
    assert (first.document, first.state) == (DOCUMENT, store.VersionState.PUBLISHED)
    assert [one.version for one in db.run_sync(store.versions, "main")] == [2, 1]


def test_publishing_takes_effect_for_new_calls_only(db: Database, db_clock: Clock) -> None:
    flows = service(db, db_clock)
    run_async(flows.publish_all(DOCUMENT, "admin"), db_clock)
    line = ScriptedLine()
    assert isinstance(go(flows.book, line), ToQueue)
    bye = {"kind": "hang_up"}
    nodes = DOCUMENT["nodes"] | {"bye": bye}
    run_async(flows.publish_all(DOCUMENT | {"start": "bye", "nodes": nodes}, "admin"), db_clock)
    assert go(flows.book, ScriptedLine()) == Hangup()
    assert isinstance(go(flows.book, line), ToQueue), "the running call keeps its version"
    restarted = service(db, db_clock)
    run_async(restarted.load(), db_clock)
    assert isinstance(go(restarted.book, line), ToQueue), "after a restart too"
    assert go(restarted.book, ScriptedLine()) == Hangup()


def test_who_edits_an_old_version_is_told(db: Database, db_clock: Clock) -> None:
    flows = service(db, db_clock)
    run_async(flows.publish_all(DOCUMENT, "admin"), db_clock)
    run_async(flows.save_draft(DOCUMENT, "li", 1), db_clock)
    with pytest.raises(Conflict):
        run_async(flows.save_draft(DOCUMENT, "admin", 1), db_clock)


def test_a_faulty_set_is_published_not_at_all(db: Database, db_clock: Clock) -> None:
    flows = service(db, db_clock)
    data = {"flows": {"good": DOCUMENT | {"name": "good"}, "bad": {"start": "x", "nodes": {}}}}
    with pytest.raises(Invalid):
        run_async(flows.publish_all(data, "admin"), db_clock)
    assert db.run_sync(store.flow_names) == []
    with pytest.raises(NotFound):
        flows.book.get("good")


def test_drafts_may_be_faulty_but_not_nameless(db: Database, db_clock: Clock) -> None:
    with pytest.raises(Invalid):
        run_async(service(db, db_clock).save_draft({"start": "x"}, "admin"), db_clock)
    with pytest.raises(NotFound):
        run_async(service(db, db_clock).publish("nothing", "admin"), db_clock)


def test_the_demonstration_answers_by_number_and_calendar(db: Database, db_clock: Clock) -> None:
    flows = service(db, db_clock)
    run_async(flows.publish_all(demo_flows(), "admin"), db_clock)
    entry = Dnis(
        number="4001234567",
        campus="east",
        open="main",
        after_hours="after-hours",
        holiday="holiday",
    )
    run_async(flows.set_dnis(entry), db_clock)
    found, name = flows.find("4001234567", OpenState.HOLIDAY)
    assert (found.campus, name) == ("east", "holiday")
    line = ScriptedLine(["", "0"])
    left = go(flows.book, line, name)
    assert isinstance(left, ToQueue)
    assert line.names == ["holiday", "after-hours"]
    menu = ScriptedLine(["", "9", "1", "2"])
    assert isinstance(go(flows.book, menu, flows.find("4001234567", OpenState.OPEN)[1]), ToQueue)
    assert menu.position.language == "en"
    assert "主菜单" in flows.show("main", "zh")
    assert "Main menu" in flows.show("main", "en")


def test_numbers_lead_only_to_flows_that_exist(db: Database, db_clock: Clock) -> None:
    flows = service(db, db_clock)
    with pytest.raises(NotFound):
        run_async(flows.set_dnis(Dnis(number="*", campus="east", open="none")), db_clock)
    with pytest.raises(NotFound):
        flows.find("123", OpenState.OPEN)
    with pytest.raises(NotFound):
        db.run_sync(store.remove_dnis, "123")


def test_the_number_itself_wins_over_its_beginning() -> None:
    numbers = ["*", "400*", "40012*", "40012"]
    entries = [Dnis(number=number, campus="x", open=number) for number in numbers]
    found = {called: route(entries, called).open for called in ["40012", "400123", "4009", "1"]}
    assert found == {"40012": "40012", "400123": "40012*", "4009": "400*", "1": "*"}
    assert entries[0].flow(OpenState.HOLIDAY) == "*"
