"""Stops and tasks on both databases: one claim each, one stop for a clinic, nobody forgotten."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from attrs import evolve
from sqlalchemy.exc import IntegrityError
from tests.plugins.appointments.site import NOW, Site
from tests.plugins.appointments.stops.hospital import INSTEAD, WANTED, Hospital
from tests.support.databases import put_tables

from careline.clock import Clock
from careline.errors import Refused
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline_appointments.stops import store, task_store
from careline_appointments.stops.model import (
    HELD,
    Counts,
    Stop,
    StoppedClinic,
    Substitute,
    TaskState,
    Word,
)
from careline_appointments.stops.settling import Agent

LATER = NOW + timedelta(minutes=1)
STALE = NOW + HELD + timedelta(minutes=2)
MADE = Stop(
    campus="main",
    department="cardio",
    doctor="d1",
    reason="停电",
    by="zhang.san",
    at=NOW,
    clinics=WANTED.clinics,
)


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)


def booked(site: Site, count: int) -> list[int]:
    """Visits of as many patients, each in a slot of its own."""
    slots = [evolve(one, capacity=count) for one in site.his.slots]
    site.his.slots[:] = slots
    return [site.book(site.patient(f"病人{at}"), slots[0]).id for at in range(count)]


def test_a_stop_is_read_as_it_was_written(site: Site) -> None:
    run = site.db.run_sync
    stop = run(store.add_stop, MADE)
    assert run(store.get_stop, stop.id) == stop
    substitute = Substitute(campus="east", department="17", clinic="x", day=stop.day, name="王强")
    run(store.put_substitute, evolve(stop, substitute=substitute))
    run(store.put_word, stop.id, "c1", Word.REFUSED, "已开诊")
    again = run(store.get_stop, stop.id)
    assert again.substitute == substitute
    assert (again.clinics[0].word, again.clinics[0].words) == (Word.REFUSED, "已开诊")
    assert [one.id for one in run(store.list_stops, stop.last, 0, 9)] == [stop.id]
    assert run(store.list_stops, stop.last + timedelta(days=1), 0, 9) == []


def test_a_clinic_is_stopped_once_until_it_is_taken_back(site: Site) -> None:
    run = site.db.run_sync
    stop = run(store.add_stop, MADE)
    with pytest.raises(IntegrityError):
        run(store.add_stop, MADE)
    other = evolve(MADE, campus="east")
    run(store.add_stop, other)
    assert run(store.is_stopped, "main", "c1")
    run(store.undo, stop.id, "li", LATER)
    assert not run(store.is_stopped, "main", "c1")
    assert run(store.add_stop, MADE).id != stop.id


def test_each_visit_has_one_task(site: Site) -> None:
    run = site.db.run_sync
    ids, stop = booked(site, 3), run(store.add_stop, MADE)
    assert run(task_store.add_tasks, stop.id, ids[:2], NOW) == ids[:2]
    assert run(task_store.add_tasks, stop.id, ids, NOW) == ids[2:]
    assert [one.booking.id for one in run(task_store.struck, stop.id)] == ids
    assert run(task_store.counts, [stop.id])[stop.id] == Counts({TaskState.NOTICE: 3})


def test_a_task_is_of_one_agent_until_dropped_or_left_too_long(site: Site) -> None:
    run = site.db.run_sync
    ids, stop = booked(site, 1), run(store.add_stop, MADE)
    run(task_store.add_tasks, stop.id, ids, NOW)
    [one] = run(task_store.struck, stop.id)
    assert run(task_store.take, one.task.id, "8001", NOW)
    assert run(task_store.take, one.task.id, "8001", LATER), "my own again"
    assert not run(task_store.take, one.task.id, "8002", LATER)
    assert run(task_store.take_next, "8002", ["main"], LATER) is None
    assert run(task_store.held_by, "8002", LATER) is None
    assert run(task_store.take_next, "8002", ["main"], STALE) == one.task.id
    held = run(task_store.held_by, "8002", STALE)
    assert held is not None
    assert not run(task_store.change, evolve(held.task, agent="8001"), STALE, note="x")
    assert run(task_store.change, held.task, STALE, state=TaskState.CANCELLED, agent="")
    assert not run(task_store.take, one.task.id, "8001", STALE), "it is settled"


def test_the_next_is_the_longest_waiting_of_my_campuses(site: Site) -> None:
    run = site.db.run_sync
    ids, stop = booked(site, 3), run(store.add_stop, MADE)
    run(task_store.add_tasks, stop.id, ids, NOW)
    first, second, third = [one.task for one in run(task_store.struck, stop.id)]
    run(task_store.change, first, NOW, due=LATER)
    assert run(task_store.take_next, "8001", ["east"], NOW) is None
    assert run(task_store.take_next, "8001", ["main"], NOW) == second.id
    assert run(task_store.take_next, "8001", ["main"], NOW) == second.id, "mine first"
    assert run(task_store.take_next, "8002", ["main"], NOW, stop.id + 1) is None
    assert run(task_store.take_next, "8002", ["main"], NOW, stop.id) == third.id
    assert run(task_store.take_next, "8003", ["main"], NOW) == first.id
    run(store.undo, stop.id, "li", LATER)
    assert run(task_store.take_next, "8004", ["main"], STALE) is None


def test_many_agents_take_each_patient_once(db_url: str, db_clock: Clock) -> None:
    """Eight at the same moment, each with a connection of its own."""
    first = open_database(db_url, clock=db_clock, tasks=Tasks())
    put_tables(first)
    site = Site(first)
    ids, stop = booked(site, 24), first.run_sync(store.add_stop, MADE)
    first.run_sync(task_store.add_tasks, stop.id, ids, NOW)
    begin, taken = Barrier(8), []

    def work(agent: str) -> None:
        own = open_database(db_url, clock=db_clock, tasks=Tasks())
        begin.wait()
        for _ in range(3):
            task_id = own.run_sync(task_store.take_next, agent, ["main"], NOW)
            taken.append(task_id)
            task = own.run_sync(task_store.get_task, task_id)
            assert own.run_sync(task_store.change, task, NOW, state=TaskState.UNREACHED, agent="")
        own.engine.dispose()

    threads = [Thread(target=work, args=(str(8000 + at),)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    first.engine.dispose()
    assert len(taken) == 24
    assert len(set(taken)) == 24, "somebody was called twice"


def test_a_stopped_clinic_takes_nobody(site: Site) -> None:
    site.db.run_sync(store.add_stop, MADE)
    with pytest.raises(Refused) as refused:
        site.book(site.patient())
    assert refused.value.code == "appointments.stopped"
    assert site.his.orders == [], "the hospital is not even asked"


def test_several_half_days_are_one_stop(site: Site) -> None:
    more = StoppedClinic(
        clinic="c9", day=WANTED.clinics[0].day + timedelta(days=1), half=WANTED.clinics[0].half
    )
    stop = site.db.run_sync(store.add_stop, evolve(MADE, clinics=(more, *WANTED.clinics)))
    again = site.db.run_sync(store.get_stop, stop.id)
    assert (again.day, again.last) == (WANTED.clinics[0].day, more.day)
    assert [one.clinic for one in again.clinics] == ["c1", "c9"]


def test_a_stop_from_its_beginning_to_its_end(db: Database) -> None:
    hospital = Hospital(db)
    hospital.fill(4)
    stop = hospital.stop()
    for deed in ("cancelled", "unreached"):
        task = hospital.run(hospital.settling.take_next("8001", ["main"]))
        hospital.run(getattr(hospital.settling, deed)(task, Agent("8001", "agent8001")))
    hospital.run(hospital.settling.offer(stop.id, INSTEAD))
    assert hospital.run(hospital.settling.move_those(stop.id, "zhang.san")) == 3
    hospital.run(hospital.following.look())
    assert sorted(hospital.states(stop)) == ["cancelled", "moved", "moved", "moved"]
    [(listed, counts)] = hospital.run(hospital.stopping.listed(over=False, offset=0, most=9))
    assert (listed.id, counts.settled, counts.total) == (stop.id, 4, 4)
    assert listed.substitute == INSTEAD
