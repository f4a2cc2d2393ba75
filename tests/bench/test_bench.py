from __future__ import annotations

import pytest
from tests.bench import __main__ as bench
from tests.bench import ami, fastagi
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


def test_a_missed_goal_is_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "ami"])
    monkeypatch.setattr(ami, "rows", lambda _rounds: [Row("a", 2, "s", goal=Goal(at_most=1))])
    assert bench.main() == 1
    assert "MISSED" in capsys.readouterr().out
