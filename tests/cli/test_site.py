"""Campuses, trunks, numbers, called numbers and flows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Terminal


def test_a_campus_with_hours(careline: Terminal) -> None:
    careline.says("campus", "add", "south", "南院", "--area-code", "021")
    careline.says("campus", "hours", "south", "mon-fri 08:00-12:00 13:30-17:30; sat 08:00-12:00")
    south = next(one for one in careline.json("campus", "list") if one["id"] == "south")
    assert south["hours"] == "mon-fri 08:00-12:00 13:30-17:30; sat 08:00-12:00"
    careline.says("campus", "change", "south", "--works-on-holidays", "--title-en", "South")
    south = next(one for one in careline.json("campus", "list") if one["id"] == "south")
    assert (south["keeps_holidays"], south["title_en"]) == (False, "South")
    careline.says("campus", "remove", "south")
    assert "already" in careline.refuses("campus", "add", "main", "X")
    said = careline.refuses("campus", "remove", "main")
    for use in ("8001, 8002, 8003", "appointments", "called numbers: *"):
        assert use in said


def test_wrong_hours_and_zone_are_told_together(careline: Terminal) -> None:
    said = careline.refuses(
        "campus", "change", "main", "--hours", "mon 25:00-26:00", "--timezone", "Moon/Base"
    )
    assert "mon 25:00-26:00" in said
    assert "Moon/Base" in said
    assert careline.json("campus", "list")[0]["timezone"] == "Asia/Shanghai"


def test_a_special_day_comes_and_goes(careline: Terminal) -> None:
    careline.says("campus", "holiday", "2027-05-02", "--work", "--hours", "08:00-12:00")
    assert careline.json("campus", "holiday") == [
        {
            "day": "2027-05-02",
            "kind": "workday",
            "campus": "",
            "title": "",
            "hours": "08:00-12:00",
        }
    ]
    careline.says("campus", "holiday", "2027-05-02", "--remove")
    assert careline.json("campus", "holiday") == []
    assert "no date" in careline.refuses("campus", "holiday", "tomorrow")
    assert "no campus" in careline.refuses("campus", "holiday", "2027-05-02", "--campus", "moon")


def test_a_trunk_takes_its_area_code_from_the_campus(careline: Terminal) -> None:
    careline.says("trunk", "add", "city", "203.0.113.7:5080", "--campus", "main", "--prefix", "9")
    city = next(one for one in careline.json("trunk", "list") if one["id"] == "city")
    assert (city["rules"]["area_code"], city["rules"]["prefix"]) == ("010", "9")
    careline.says("trunk", "change", "city", "--shown", "01012345678", "--disabled")
    city = next(one for one in careline.json("trunk", "list") if one["id"] == "city")
    assert (city["rules"]["prefix"], city["rules"]["shown"]) == ("9", "01012345678")
    assert city["enabled"] is False
    careline.says("trunk", "remove", "city")
    assert "no trunk city" in careline.refuses("trunk", "remove", "city")


def test_all_that_is_wrong_with_a_trunk(careline: Terminal) -> None:
    said = careline.refuses(
        *("trunk", "add", "a b", "not an address", "--campus", "moon"),
        *("--channels", "0", "--prefix", "abc"),
    )
    for part in ("a b", "not an address", "moon", "at least one channel", "abc"):
        assert part in said
    assert [one["id"] for one in careline.json("trunk", "list")] == ["demo"]


def test_numbers_are_listed_whole_and_for_a_time(careline: Terminal) -> None:
    careline.says("number", "block", "138 1111 2222", "--reason", "骚扰", "--days", "3")
    careline.says("number", "vip", "010-12345678")
    listed = {one["number"]: one for one in careline.json("number", "list")}
    assert set(listed) == {"+8613811112222", "+861012345678"}
    assert listed["+8613811112222"]["until"] is not None
    assert listed["+861012345678"]["until"] is None
    careline.says("number", "unlist", "13811112222")
    assert [one["list"] for one in careline.json("number", "list")] == ["vip"]
    assert "not on the list" in careline.refuses("number", "unlist", "13811112222")
    assert "not a telephone number" in careline.refuses("number", "block", "abc1")


FLOW = {
    "name": "night",
    "start": "agent",
    "operator": "agent",
    "nodes": {
        "agent": {
            "kind": "queue",
            "queue": "service",
            "timeout": "bye",
            "full": "bye",
            "closed": "bye",
        },
        "bye": {"kind": "hang_up"},
    },
}


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    path = tmp_path / "night.json"
    path.write_text(json.dumps(FLOW))
    return path


def test_a_flow_is_checked_published_and_led_to(careline: Terminal, flow: Path) -> None:
    assert "night" in careline.says("flow", "check", str(flow))
    assert "night" not in {one["flow"] for one in careline.json("flow", "list")}
    assert "version 1" in careline.says("flow", "publish", str(flow))
    assert "version 2" in careline.says("flow", "publish", str(flow))
    assert "agent" in careline.says("flow", "show", "night")
    assert "进线 → " in careline.says("flow", "show", "night", lang="zh")
    assert careline.json("flow", "show", "night")["nodes"] == FLOW["nodes"]
    careline.says("dnis", "set", "4008", "--campus", "main", "--flow", "night")
    entry = next(one for one in careline.json("dnis", "list") if one["number"] == "4008")
    assert entry["open"] == "night"
    careline.says("dnis", "remove", "4008")
    assert "4008" in careline.refuses("dnis", "remove", "4008")


def test_a_flow_with_faults_is_not_published(careline: Terminal, flow: Path) -> None:
    broken = json.loads(flow.read_text())
    broken["nodes"]["agent"] |= {"queue": "nobody", "timeout": "nowhere", "prompts": ["unheard"]}
    flow.write_text(json.dumps(broken))
    for verb in ("check", "publish"):
        said = careline.refuses("flow", verb, str(flow))
        for part in ("nobody", "nowhere", "unheard"):
            assert part in said
    assert "night" not in {one["flow"] for one in careline.json("flow", "list")}
    flow.write_text("{")
    assert "JSON" in careline.refuses("flow", "check", str(flow))
    assert "does not exist" in careline.refuses("flow", "check", "/nowhere/x.toml")


def test_a_called_number_needs_flow_and_campus(careline: Terminal) -> None:
    said = careline.refuses("dnis", "set", "4009", "--campus", "moon", "--flow", "x")
    assert "“moon”" in said
    assert "“x”" in said
    assert "4009" not in [one["number"] for one in careline.json("dnis", "list")]
