"""The audit log: what is kept, found again, cut, and removed when it is old."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from tests.support.door import BEGAN, Door, both

from careline.audit import store
from careline.audit.model import ACTS, LENGTHS, Entry, Search, act_title, kind_title, titles_of
from careline.auth.accounts import describe, describe_grants
from careline.auth.model import Scope, User
from careline.hooks import Act
from careline.testing import run_async


@both
def test_a_line_is_kept_as_it_was_written(door: Door) -> None:
    door.audit.write(
        "patient.reveal",
        actor="zhang",
        name="张三",
        whose="17",
        what="手机",
        why="核对身份",
        address="10.0.0.5",
    )
    (line,) = door.lines(kind="patient")
    assert line == Entry(
        id=line.id,
        at=BEGAN,
        act="patient.reveal",
        actor="zhang",
        name="张三",
        kind="patient",
        whose="17",
        what="手机",
        why="核对身份",
        address="10.0.0.5",
    )


@both
def test_what_is_too_long_or_no_text_is_cut_and_never_lost(door: Door) -> None:
    door.audit.write("x" * 99, actor="y" * 99, what="字" * 5000, why="a\x00b\r\nc\ud800\u202e")
    (line,) = door.lines()
    assert line.act == "x" * LENGTHS["act"]
    assert len(line.what) == LENGTHS["what"]
    assert line.why == "a b  c  "


@both
def test_words_are_found_as_they_are_written(door: Door) -> None:
    for what in ("100%", "100 per cent", "a_b", "aXb", "wow!", "ÄÖ 张三"):
        door.audit.write("x.y", what=what)
    for text, count in (("100%", 1), ("a_b", 1), ("!", 1), ("张三", 1), ("%", 1), ("' or 1=1", 0)):
        assert len(door.lines(text=text)) == count, text


@both
def test_old_lines_go_and_young_ones_stay(door: Door) -> None:
    door.audit.write("x.old")
    run_async(door.audit._behind.written())
    door.fake.advance(11 * 86_400)
    door.audit.write("x.young")
    run_async(door.audit._behind.written())
    run_async(door.audit.tidy())  # 0 days: everything is kept
    assert door.acts() == ["x.young", "x.old"]
    door.audit._keep_days = 10
    run_async(door.audit.tidy())
    assert door.acts() == ["x.young"]


def test_a_sweep_goes_on_until_nothing_old_is_left(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SWEEP", 2)
    for _ in range(5):
        door.audit.write("x.old")
    run_async(door.audit._behind.written())
    door.audit._keep_days = 1
    door.fake.advance(3 * 86_400)
    run_async(door.audit.tidy())
    assert door.acts() == []


def test_a_database_that_is_away_holds_up_nobody_and_loses_nothing(door: Door) -> None:
    door.db.engine.dispose()
    writes = []
    door.audit._behind._write = lambda tx, items: writes.extend(items)  # type: ignore[assignment]
    door.audit.write("x.y")
    assert [one.act for one in writes] == ["x.y"]


def test_acts_have_names_and_unknown_ones_show_theirs() -> None:
    assert act_title("sms.sent").to("zh") == "sms.sent"
    assert act_title("a{b}").to("en") == "a{b}"
    brought = titles_of([Act(name="sms.sent", title="text sent"), Act(name="denied", title="no")])
    assert act_title("sms.sent", brought).to("en") == "text sent"
    assert act_title("denied", brought) == ACTS["denied"], "the core's own stay"
    for act, title in ACTS.items():
        assert title.to("zh") != title.msgid, act


def test_a_change_is_told_by_what_changed() -> None:
    before = User(login="li", name="李", roles=("agent",), epoch=1)
    after = User(login="li", name="李四", roles=("agent", "leader"), epoch=2)
    assert describe(before, after) == "name: 李 -> 李四; roles: agent -> agent, leader"
    assert describe(None, before) == "login: li; name: 李; roles: agent; active: True"
    assert describe(after, after) == ""
    grants = describe_grants({"a.b": Scope.OWN, "c.d": Scope.ALL}, {"a.b": Scope.ALL})
    assert grants == "a.b: own -> all; c.d: all -> -"


def test_days_bound_a_search(door: Door) -> None:
    door.audit.write("x.y")
    day = timedelta(days=1)
    assert BEGAN.tzinfo is UTC
    for since, until, count in ((None, None, 1), (BEGAN, None, 1), (BEGAN + day, None, 0)):
        found = run_async(door.audit.search(Search(since=since, until=until)))
        assert len(found.entries) == count
    assert run_async(door.audit.search(Search(until=BEGAN))).entries == ()


def test_kinds_are_named_by_the_core_or_by_an_act_without_a_dot() -> None:
    brought = titles_of([Act(name="sms", title="message"), Act(name="user", title="no")])
    assert kind_title("sms", brought).to("en") == "message"
    assert kind_title("user", brought) == kind_title("user")
    assert kind_title("sms").to("zh") == "sms"
