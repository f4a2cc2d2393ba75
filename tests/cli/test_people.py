"""Agents, phones and queues: what is stored, and that what is wrong is told whole."""

from __future__ import annotations

import stat

import pytest
from tests.cli.conftest import Terminal, database_of

from careline.agents.model import pin_matches
from careline.agents.store import get_agent
from careline.config import load
from careline_cli import agent as agent_module


@pytest.fixture(autouse=True)
def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speaking a new agent's number takes a second; the integration tests hear it."""
    monkeypatch.setattr(agent_module, "_announce", lambda site, number: None)


def row(careline: Terminal, number: str) -> dict[str, object]:
    return next(one for one in careline.json("agent", "list") if one["number"] == number)


def test_an_agent_comes_with_phone_and_queues(careline: Terminal) -> None:
    careline.says(
        *("agent", "add", "8010", "赵六", "--phone", "1010", "--campus", "main"),
        *("--queue", "service:2", "--queue", "complaints"),
    )
    assert row(careline, "8010") == {
        "number": "8010",
        "name": "赵六",
        "phone": "1010",
        "browser_phone": "",
        "campus": "main",
        "team": "",
        "queues": ["complaints:1", "service:2"],
        "pin": False,
        "active": True,
        "state": "",
        "reason": "",
    }
    login = careline.json("agent", "phone", "8010")
    assert login["login"] == "1010"
    assert len(login["password"]) == 20


def test_all_that_is_wrong_is_told_at_once_and_nothing_stored(careline: Terminal) -> None:
    said = careline.refuses(
        *("agent", "add", "9", "X", "--campus", "moon", "--phone", "a b", "--queue", "none:3")
    )
    for part in ("2 to 8 digits", "such as 1001", "“moon”", "“none”"):
        assert part in said
    assert len(careline.json("agent", "list")) == 3
    assert careline("agent", "phone", "a b").exit_code == 2


def test_an_agent_is_added_once(careline: Terminal) -> None:
    assert "there is an agent 8001 already" in careline.refuses("agent", "add", "8001", "X")


def test_a_change_keeps_what_is_not_named(careline: Terminal) -> None:
    before = row(careline, "8001")
    careline.says("agent", "change", "8001", "--name", "李明", "--inactive")
    assert row(careline, "8001") == {**before, "name": "李明", "active": False}
    careline.says("agent", "change", "8001", "--no-queues")
    assert row(careline, "8001")["queues"] == []
    assert "no agent 7777" in careline.refuses("agent", "change", "7777", "--name", "x")


def test_a_level_is_one_to_nine(careline: Terminal) -> None:
    said = careline.refuses("agent", "change", "8001", "--queue", "service:10")
    assert "the level is 1 to 9" in said


def test_a_phone_gets_a_new_secret_when_asked(careline: Terminal) -> None:
    old = careline.json("agent", "phone", "1001")["password"]
    assert careline.json("agent", "phone", "1001")["password"] == old
    new = careline.json("agent", "phone", "8001", "--new-secret")["password"]
    assert new != old
    assert careline.json("agent", "phone", "1001")["password"] == new
    assert "1001、1002" not in careline.refuses("agent", "phone", "77")


def test_a_pin_is_stored_hashed(careline: Terminal) -> None:
    careline.says("agent", "pin", "8001", input="4711\n4711\n")
    found = database_of(load(careline.home.config, {})).run_sync(get_agent, "8001")
    assert found is not None
    assert pin_matches("4711", found.pin_hash)
    assert not pin_matches("4712", found.pin_hash)
    assert "4 to 8 digits" in careline.refuses("agent", "pin", "8001", "--pin", "abc")


def test_states_need_a_running_core(careline: Terminal) -> None:
    for verb in ("sign-in", "sign-out", "ready", "not-ready"):
        assert "careline run" in careline.refuses("agent", verb, "8001")
    assert "careline run" in careline.refuses("status")


def test_a_queue_comes_changes_and_goes(careline: Terminal) -> None:
    careline.says("queue", "add", "night", "夜间", "--campus", "main", "--overflow", "service")
    careline.says("queue", "change", "night", "--ring-s", "9", "--distribution", "ring_all")
    night = next(one for one in careline.json("queue", "list") if one["id"] == "night")
    assert (night["ring_s"], night["distribution"], night["overflow"]) == (9, "ring_all", "service")
    careline.says("queue", "remove", "night")
    assert "night" not in {one["id"] for one in careline.json("queue", "list")}


def test_a_queue_in_use_stays(careline: Terminal) -> None:
    said = careline.refuses("queue", "remove", "service")
    for use in ("8001, 8002, 8003", "appointments", "main"):
        assert use in said
    assert "service" in {one["id"] for one in careline.json("queue", "list")}


def test_what_is_wrong_with_a_queue_is_told_at_once(careline: Terminal) -> None:
    said = careline.refuses(
        *("queue", "change", "service", "--ring-s", "2", "--announce-s", "5"),
        *("--service-level-pct", "101", "--overflow", "service", "--penalty-s", "-1"),
    )
    for part in ("ring_s", "announce_s", "service_level_pct", "“service”", "penalty_s"):
        assert part in said
    assert careline.json("queue", "list")[2]["ring_s"] == 20


def test_secrets_of_phones_stay_in_the_database(careline: Terminal) -> None:
    secret = careline.json("agent", "phone", "1001")["password"]
    assert secret not in careline.says("agent", "list")
    assert secret not in careline.says("agent", "list", "--json")
    assert stat.S_IMODE(careline.home.secrets.stat().st_mode) == 0o700
