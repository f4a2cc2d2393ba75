from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from tests.bench import __main__ as bench
from tests.bench import ami, board, calls, fastagi, ivr, patients
from tests.bench.ivr import walk
from tests.bench.load import latency
from tests.bench.runner import Goal, Row, in_turns, rate_row, table


def test_goals_are_met_or_missed() -> None:
    ratio = rate_row("a", "things/s", 100, (1.0, 5.0), "other", Goal(at_least=5))
    assert (ratio.measured, ratio.other, ratio.ratio, ratio.met) == (100, 20, 5, True)
    assert not rate_row("a", "things/s", 100, (1.0, 4.9), "other", Goal(at_least=5)).met
    assert Row("p95", 19, "ms", goal=Goal(at_most=20)).met
    assert not Row("p95", 21, "ms", goal=Goal(at_most=20)).met
    assert Row("memory", 21, "kB").met is None


def test_table() -> None:
    rows = [
        rate_row("reading", "events/s", 10_000, (1.0, 8.0), "other", Goal(at_least=5)),
        Row("latency", 21, "ms", goal=Goal(at_most=20)),
    ]
    assert table(rows).splitlines() == [
        "benchmark  measured            against         ratio  goal",
        "reading      10,000  events/s  other    1,250  8.0 x  >= 5 x  met",
        "latency          21  ms                               <= 20   MISSED",
    ]


def test_rounds_take_turns_after_a_warm_up() -> None:
    order: list[str] = []
    in_turns(lambda: order.append("a"), lambda: order.append("b"), 2)
    assert order == list("ababab")


def test_both_hear_the_same_of_a_recorded_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "CALLS", 1)
    assert [row.against for row in ami.rows(1)] == ["panoramisk"] * 4
    data = ami.pieces(ami.stream(2))
    assert ami.ours(data, ("Hangup",)) == ami.panoramisks(data, ("Hangup",))
    assert len(ami.ours(data, ("Hangup",))) == 4


def test_servers_serve_the_same_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastagi, "CALLS", 5)
    assert [row.unit for row in fastagi.rows(1)] == ["calls/s", "calls/s"]


def test_searches_find_somebody_on_every_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patients, "find_bin", lambda: None)
    monkeypatch.setattr(patients, "SEARCHES", 40)
    names = [row.name for row in patients.rows(1, 200)]
    assert names[0] == "search of 200, SQLite: p95"
    assert patients.p95(range(100)) == 95


def test_a_missed_goal_is_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "ami"])
    monkeypatch.setattr(ami, "rows", lambda _rounds: [Row("a", 2, "s", goal=Goal(at_most=1))])
    assert bench.main() == 1
    assert "MISSED" in capsys.readouterr().out


def test_latency_is_from_each_event_to_its_own_hook() -> None:
    queued, answered = ("call_queued", "a"), ("call_answered", "b")
    events = {queued: [10.0, 12.0], answered: [11.0], ("call_queued", "c"): [30.0]}
    hooks = {queued: [10.5, 12.25], answered: [11.125]}
    window = latency.Window(9.0, 20.0)
    assert latency.latencies(events, hooks, window) == {
        "call_queued": [0.5, 0.25],
        "call_answered": [0.125],
    }
    with pytest.raises(AssertionError, match="2 events, 1 hooks"):
        latency.latencies(events, {**hooks, queued: [10.5]}, window)


def test_what_the_plugin_wrote_is_read(tmp_path: Path) -> None:
    written = tmp_path / "watched"
    written.write_text("1.5 call_queued a\n2.5 call_queued a\n3.0 call_answered a\n")
    assert latency.told(written) == {
        ("call_queued", "a"): [1.5, 2.5],
        ("call_answered", "a"): [3.0],
    }


def test_every_call_of_the_crowd_is_stored(tmp_path: Path) -> None:
    told = calls.crowd(calls.recorded(), 3, count(1))
    calls.fold(told)
    with calls.store(f"sqlite:///{tmp_path}/careline.db") as store:
        store.take(told, one_by_one=False)
        assert store.ended == 3
        assert store.calls.open == ()


def test_the_engine_runs_the_nodes_that_are_counted() -> None:
    made = ivr.flows()
    assert walk(made, 3) - walk(made, 2) == 4  # information, withheld?, the number, what else


def test_the_board_s_latency_is_of_changes_that_stand_alone() -> None:
    changed = [
        board.Moment(10.0, "8001", "ready"),
        board.Moment(12.0, "8001", "not_ready"),
        board.Moment(12.2, "8001", "ready"),
        board.Moment(12.0, "8002", "ready"),
    ]
    shown = [
        board.Moment(9.0, "8001", "ready"),
        board.Moment(10.25, "8001", "ready"),
        board.Moment(12.5, "8002", "ready"),
    ]
    assert board.latencies(changed, shown) == [0.25, 0.5]
    with pytest.raises(AssertionError, match="8002"):
        board.latencies(changed, shown[:2])
