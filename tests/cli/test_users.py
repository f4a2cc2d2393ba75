"""Users, roles, grants and the audit log at the command line."""

from __future__ import annotations

import csv
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.cli.conftest import Terminal, database_of

from careline.auth import passes, store
from careline.auth.links import LinkKind, hash_token
from careline.auth.permissions import CORE
from careline.config import load
from careline.storage import Database
from careline_cli.welcome import Ways, ways_in

LINK = re.compile(r"http://127\.0\.0\.1:\d+/link/([\w-]+)")


def database(careline: Terminal) -> Database:
    return database_of(load(careline.home.config, {}))


def user(careline: Terminal, login: str) -> dict[str, object]:
    return next(one for one in careline.json("user", "list") if one["login"] == login)


def epoch(careline: Terminal, login: str) -> int:
    found = database(careline).run_sync(store.find_user, login)
    assert found is not None
    return found.epoch


def test_when_users_were_seen_is_told_in_the_hospitals_zone(careline: Terminal) -> None:
    found = database(careline).run_sync(store.find_user, "8001")
    assert found is not None
    seen = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    database(careline).run_sync(store.put_seen, found.id, seen, [])
    assert "2026-11-23 04:00:00" in careline.says("user", "list")
    assert user(careline, "8001")["seen"] == "2026-11-22T20:00:00+00:00"


def test_the_demonstration_has_its_accounts(careline: Terminal) -> None:
    found = {one["login"]: one["roles"] for one in careline.json("user", "list")}
    assert found == {
        "8001": ["agent"],
        "8002": ["agent"],
        "admin": ["admin"],
        "leader": ["leader"],
    }


def test_a_user_is_added_with_a_link_that_is_stored_as_a_hash(careline: Terminal) -> None:
    said = careline.says("user", "add", "chen", "陈静", "--role", "leader", "--team", "一组")
    token = LINK.findall(said)[0]
    shown = user(careline, "chen")
    assert (shown["name"], shown["roles"], shown["team"]) == ("陈静", ["leader"], "一组")
    assert shown["password"] is False
    assert database(careline).run_sync(passes.find_link, hash_token(token)) is not None
    assert database(careline).run_sync(passes.find_link, token) is None
    again = LINK.findall(careline.says("user", "link", "CHEN"))[0]
    assert database(careline).run_sync(passes.find_link, hash_token(token)) is None
    assert database(careline).run_sync(passes.find_link, hash_token(again)) is not None


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("add", "Chen!", "x"), "small letters"),
        (("add", "8001", "x"), "there is a user 8001 already"),
        (("add", "chen", "x", "--role", "king"), "king"),
        (("add", "chen", "x", "--agent", "8001"), "8001"),
        (("add", "chen", ""), "1 to 64 characters"),
        (("disable", "nobody"), "there is no user nobody"),
        (("disable", "admin"), "one active administrator must remain"),
        (("role", "admin", "agent"), "one active administrator must remain"),
        (("password", "8001", "--password", "short"), "10 characters"),
        (("password", "8001", "--password", "my8001password"), "login"),
    ],
)
def test_what_is_wrong_is_told(careline: Terminal, words: tuple[str, ...], part: str) -> None:
    before = careline.json("user", "list")
    assert part in careline.refuses("user", *words)
    assert careline.json("user", "list") == before
    assert careline.json("audit", "search") == []


def test_what_ends_sessions_counts_the_epoch_up(careline: Terminal) -> None:
    for words in (
        ("disable", "8001"),
        ("enable", "8001"),
        ("role", "8001", "agent", "auditor"),
        ("password", "8001", "--password", "long enough for it"),
        ("totp-reset", "8001"),
        ("sign-out", "8001"),
    ):
        before = epoch(careline, "8001")
        careline.says("user", *words)
        assert epoch(careline, "8001") > before, words
    before = epoch(careline, "8001")
    careline.says("user", "change", "8001", "--name", "李明", "--team", "二组")
    assert epoch(careline, "8001") == before
    assert user(careline, "8001")["name"] == "李明"


def test_every_act_is_written_down_without_secrets(careline: Terminal) -> None:
    careline.says("user", "add", "chen", "陈", "--role", "agent")
    careline.says("user", "password", "chen", "--password", "secret enough here")
    careline.says("role", "set", "head", "--title", "台长", "--may", "users.edit=campus")
    careline.says("role", "remove", "head")
    lines = careline.json("audit", "search")
    assert [one["act"] for one in lines] == [
        "role.removed",
        "role.changed",
        "user.password",
        "user.link",
        "user.added",
    ]
    assert all(one["actor"].startswith("cli:") for one in lines)
    assert "secret enough" not in str(lines)
    assert len(careline.json("audit", "search", "--whose", "chen")) == 3
    assert careline.json("audit", "search", "--until", "2020-01-01") == []


def test_a_role_is_made_shown_changed_and_removed(careline: Terminal) -> None:
    careline.says("role", "set", "head", "--title", "台长", "--may", "users.edit=campus")
    careline.says("role", "set", "head", "--may", "calls.view", "--may-not", "users.edit")
    shown = careline.json("role", "show", "head")
    assert shown["grants"] == [{"permission": "calls.view", "scope": "all"}]
    assert len(careline.json("role", "show", "admin")["grants"]) == len(CORE)
    for words, part in (
        (("set", "head", "--may", "fly.high"), "no permission fly.high"),
        (("set", "head", "--may", "calls.view=far"), "own"),
        (("set", "admin", "--may-not", "users.edit"), "always holds everything"),
        (("remove", "agent"), "8001"),
        (("remove", "ghost"), "no role ghost"),
    ):
        assert part in careline.refuses("role", *words), words
    careline.says("role", "remove", "head")
    assert "head" not in {one["name"] for one in careline.json("role", "list")}


def test_a_grant_is_given_for_hours_and_ended(careline: Terminal) -> None:
    give = ("grant", "add", "8001", "board.view", "--scope", "group")
    careline.says(*give, "--hours", "2", "--why", "代班")
    shown = careline.json("grant", "list")[0]
    assert (shown["user"], shown["scope"], shown["why"]) == ("8001", "group", "代班")
    assert careline(*give, "--hours", "9999", "--why", "x").exit_code == 2
    assert "reason" in careline.refuses(*give, "--hours", "1", "--why", " ")
    wrong = ("grant", "add", "8001", "fly.high", "--hours", "1", "--why", "x")
    assert "no permission fly.high" in careline.refuses(*wrong)
    careline.says("grant", "end", str(shown["id"]))
    assert careline.json("grant", "list") == []
    assert "still runs" in careline.refuses("grant", "end", str(shown["id"]))


def test_the_log_is_exported_as_texts_that_only_the_owner_reads(
    careline: Terminal, tmp_path: Path
) -> None:
    careline.says("user", "add", "chen", "=1+1", "--role", "agent", "--team", "=cmd|x")
    careline.says("user", "change", "chen", "--team", "=cmd|x")
    file = tmp_path / "log.csv"
    careline.says("audit", "export", str(file), "--act", "user.changed")
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 2
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sheet = tmp_path / "log.xlsx"
    careline.says("audit", "export", str(sheet), lang="zh")
    assert load_workbook(sheet).worksheets[0].max_row > 3
    assert "csv" in careline.refuses("audit", "export", str(tmp_path / "x.exe"))


def test_the_first_administrator_gets_a_link_until_there_is_a_password(
    careline: Terminal,
) -> None:
    db, now = database(careline), datetime.now(UTC)
    demo = db.run_sync(ways_in, now, local=True)
    assert [one.login for one, _token in demo.demo] == ["8001", "8002", "admin", "leader"]
    assert demo.first_admin == ""
    open_house = db.run_sync(ways_in, now, local=False)
    assert open_house.demo == ()  # everybody knows their password
    link = db.run_sync(passes.find_link, hash_token(open_house.first_admin))
    assert link is not None
    assert link.kind is LinkKind.PASSWORD
    careline.says("user", "password", "admin", "--password", "of my own choosing")
    assert db.run_sync(ways_in, now, local=False) == Ways()
    for login in ("8001", "8002", "leader"):
        careline.says("user", "disable", login)
    assert db.run_sync(ways_in, now, local=True) == Ways()
