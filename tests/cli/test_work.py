"""Dispositions, callbacks and messages from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.cli.conftest import Terminal, database_of

from careline.callbacks.model import Callback, Why
from careline.callbacks.store import put_callback
from careline.config import Home, load
from careline.voicemail.model import Message
from careline.voicemail.store import add_message

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_the_tree_begins_grows_and_changes(careline: Terminal) -> None:
    careline.says("disposition", "starter")
    careline.says("disposition", "add", "mri", "核磁预约", "--below", "booking", "--english", "MRI")
    careline.says("disposition", "change", "mri", "--title", "核磁", "--inactive")
    rows = {one["code"]: one for one in careline.json("disposition", "list")}
    assert (rows["mri"]["title"], rows["mri"]["initials"]) == ("核磁", "hc")
    assert rows["mri"]["active"] is False
    assert rows["rebook"]["below"] == "booking"


def test_what_is_wrong_with_a_disposition_is_told(careline: Terminal) -> None:
    careline.refuses("disposition", "add", "MRI", "核磁")
    careline.refuses("disposition", "add", "mri", "核磁", "--below", "nowhere")
    careline.refuses("disposition", "change", "nowhere", "--title", "x")
    assert careline.json("disposition", "list") == []


def test_what_is_owed_is_listed_by_agent(careline: Terminal, home: Home) -> None:
    db = database_of(load(home.config, {}))
    for number, agent in (("1", "8001"), ("2", "")):
        owed = Callback(
            call=f"hq-{number}",
            queue="service",
            number=f"1380000111{number}",
            trunk="demo",
            why=Why.PROMISED,
            asked=NOW,
            due=NOW - timedelta(hours=int(number)),
            agent=agent,
        )
        db.run_sync(put_callback, owed)
    assert [one["call"] for one in careline.json("callback", "list")] == ["hq-2", "hq-1"]
    assert [one["call"] for one in careline.json("callback", "list", "--agent", "8001")] == ["hq-1"]
    listed = careline.says("callback", "list")
    due = (NOW - timedelta(hours=2)).astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{due:%Y-%m-%d %H:%M:%S}" in listed
    assert "138****1111" in listed
    assert "13800001111" not in listed + careline.says("callback", "list", "--json")
    assert "13800001111" in careline.says("callback", "list", "--full-numbers")
    careline.refuses("callback", "done", "hq-1")  # the core that keeps it does not run


def test_a_message_is_given_to_somebody(careline: Terminal, home: Home) -> None:
    db = database_of(load(home.config, {}))
    message = Message(call="hq-1", box="a", number="1", file="hq-1.wav", seconds=2, left=NOW)
    db.run_sync(add_message, message)
    careline.refuses("voicemail", "assign", "hq-1", "9999")
    careline.refuses("voicemail", "assign", "hq-9", "8001")
    careline.says("voicemail", "assign", "hq-1", "8001")
    [row] = careline.json("voicemail", "list")
    assert (row["agent"], row["state"]) == ("8001", "assigned")
