"""``careline outbound``: what is to be called, and the stop that works without a core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Terminal, database_of

from careline.config import load
from careline.outbound import store
from careline.outbound.model import Kept, Mode, Rung, Stage, Task
from careline.storage import Database

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def _db(careline: Terminal) -> Database:
    return database_of(load(careline.home.config, {}))


def _put(careline: Terminal, key: str, stage: Stage = Stage.WAITING) -> None:
    task = Task(
        key=key,
        plugin="followup",
        mode=Mode.AUTOMATIC,
        rungs=(Rung("+8613800001111", "本人"),),
        flow="followup",
        purpose="followup",
        due=NOW,
    )
    kept = Kept(task=task, stage=stage, next_at=NOW + timedelta(hours=1), since=NOW)
    _db(careline).run_sync(store.add, kept)


def test_tasks_are_listed_without_whole_numbers(careline: Terminal) -> None:
    _put(careline, "f:1")
    _put(careline, "f:2", Stage.DONE)
    shown = careline.says("outbound", "list")
    assert "f:1" in shown
    assert "f:2" not in shown
    assert "138****1111" in shown
    assert "f:2" in careline.says("outbound", "list", "--all")
    assert "已结束" in careline.says("outbound", "list", "--all", lang="zh")


def test_times_are_the_hospitals_and_programs_read_iso(careline: Terminal) -> None:
    _put(careline, "f:1")
    assert "2026-11-23 11:00:00" in careline.says("outbound", "list")  # in Shanghai
    assert careline.json("outbound", "list")[0]["next"] == "2026-11-23T03:00:00+00:00"


def test_the_stop_works_while_no_core_runs_and_is_written_down(careline: Terminal) -> None:
    careline.says("outbound", "pause", "--all", "--reason", "wrong list")
    [pause] = _db(careline).run_sync(store.pauses)
    assert (pause.purpose, pause.why) == ("", "wrong list")
    assert [one["act"] for one in careline.json("audit", "search")] == ["outbound.pause"]
    assert "name a purpose" in careline.refuses("outbound", "pause")
    careline.says("outbound", "resume", "--all")
    assert _db(careline).run_sync(store.pauses) == []
