"""Database, backups, plugins, messages: what changes and what is refused."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from tests.cli.conftest import Terminal, database_of, make_home

from careline.calls import facts as f
from careline.calls.fold import begin
from careline.calls.store import Numbered, save
from careline.config import Home, load
from careline.errors import Invalid
from careline.plugins import catalog as catalog_module
from careline.setup.demo import QUEUES
from careline.storage.migrate import Migrations
from careline.voicemail.model import Message
from careline.voicemail.store import add_message

NOW = datetime(2026, 11, 22, 6, 2, 11, tzinfo=UTC)


def test_the_database_is_brought_up_to_date_and_checked(tmp_path: Path) -> None:
    careline = Terminal(make_home(tmp_path / "home"))
    assert "has no tables yet" in careline.refuses("db", "check")
    assert "core_0001" in careline.says("db", "upgrade")
    careline.says("db", "check")
    stand = {one["name"]: one["standing"] for one in careline.json("db", "check")}
    assert stand.pop("core") == "current"
    assert set(stand.values()) <= {"absent"}, "plugins that are not enabled"


def test_a_half_applied_migration_is_told_with_its_cure(careline: Terminal) -> None:
    with sqlite3.connect(careline.home.root / "careline.db") as connection:
        connection.execute("DROP TABLE call_fact")
    connection.close()
    for words in (("db", "check"), ("db", "upgrade")):
        said = careline.refuses(*words)
        assert "half-applied" in said
        assert "call_fact" in said
        assert "Restore a backup" in said


def test_a_command_without_tables_says_what_is_missing(tmp_path: Path) -> None:
    careline = Terminal(make_home(tmp_path / "home"))
    assert "careline db upgrade" in careline.refuses("agent", "list")


def test_a_home_that_is_none(tmp_path: Path) -> None:
    careline = Terminal(Home(tmp_path / "nothing"))
    assert "careline init" in careline.refuses("agent", "list")
    assert not (tmp_path / "nothing").exists()


def test_unknown_keys_are_all_told(careline: Terminal) -> None:
    with careline.home.config.open("a") as file:
        file.write("\n[log2]\nlevel = 1\n")
    text = careline.home.config.read_text().replace('language = "zh"', 'langauge = "zh"')
    careline.home.config.write_text(text)
    said = careline.refuses("agent", "list")
    assert "langauge" in said
    assert "log2" in said


def test_a_backup_is_restored_into_an_empty_home(careline: Terminal, tmp_path: Path) -> None:
    careline.says("agent", "change", "8001", "--name", "改名")
    careline.says("backup")
    [saved] = careline.home.backups.iterdir()
    other = Terminal(Home(tmp_path / "other"))
    other.says("restore", str(saved))
    assert other.json("agent", "list")[0]["name"] == "改名"
    assert "--replace" in other.refuses("restore", str(saved))
    other.says("agent", "change", "8001", "--name", "后来")
    other.says("restore", str(saved), "--replace")
    assert other.json("agent", "list")[0]["name"] == "改名"
    assert list((tmp_path / "other").glob("before-restore-*"))


def test_a_damaged_backup_changes_nothing(careline: Terminal, tmp_path: Path) -> None:
    careline.says("backup", "--to", str(tmp_path))
    [saved] = tmp_path.glob("careline-*.tar.gz")
    data = saved.read_bytes()
    saved.write_bytes(data[: len(data) // 2])
    assert "damaged" in careline.refuses("restore", str(saved), "--replace")
    assert len(careline.json("agent", "list")) == 3
    assert "no backup" in careline.refuses("restore", str(tmp_path / "none.tar.gz"))


def test_messages_are_listed_until_they_are_handled(careline: Terminal) -> None:
    message = Message(
        call="hq-1.1", box="service", number="+8613800001111", file="a.wav", seconds=7.5, left=NOW
    )
    database_of(load(careline.home.config, {})).run_sync(add_message, message)
    [listed] = careline.json("voicemail", "list")
    assert (listed["call"], listed["state"]) == ("hq-1.1", "new")
    careline.says("voicemail", "handled", "hq-1.1", "--agent", "8001")
    assert careline.json("voicemail", "list") == []
    [listed] = careline.json("voicemail", "list", "--all")
    assert (listed["agent"], listed["state"]) == ("8001", "handled")
    assert "no message" in careline.refuses("voicemail", "handled", "hq-9.9")


def test_calls_are_shown_with_hidden_numbers(careline: Terminal) -> None:
    up = f.ChannelUp(
        at=NOW,
        channel="hq-1.1",
        name="PJSIP/demo-00000001",
        context="careline-inbound",
        extension="4001234567",
        number="13800001111",
    )
    call = begin(up)
    db = database_of(load(careline.home.config, {}))
    db.run_sync(save, call, [Numbered(1, up)], NOW)
    [listed] = careline.json("call", "list")
    assert listed["number"] == "138****1111"
    assert " 14:02:11 " in careline.says("call", "list")  # as in the timeline: the campus's time
    shown = careline.says("call", "show", "latest")
    assert "14:02:11  call from 138****1111 to 4001234567" in shown
    shown = careline.says("call", "show", "hq-1.1", lang="zh")
    assert "来电 138****1111 → 4001234567" in shown
    assert "no call" in careline.refuses("call", "show", "hq-2.2")


def test_a_timeline_is_told_in_words(careline: Terminal) -> None:
    up = f.ChannelUp(
        at=NOW,
        channel="hq-1.1",
        name="PJSIP/demo-00000001",
        context="careline-inbound",
        extension="4001234567",
        number="13800001111",
    )
    notes = [
        ("record", {"agent": "8001", "answer": "yes"}),
        ("recording", {"agent": "8001", "paused": "yes"}),
        ("overflow", {"queue": QUEUES[0].id, "to": "ToVoicemail"}),
        ("outbound", {"task": "f:1", "purpose": "followup", "mode": "automatic"}),
        ("heard", {"amd": "MACHINE"}),
        ("click_to_dial", {"agent": "8001", "number": "13900002222", "shown": ""}),
        ("whisper", {"leader": "8100", "agent": "8001"}),
        ("voicemail", {"box": "main"}),
    ]
    told: list[f.Fact] = [up, f.Stepped(at=NOW, channel="hq-1.1", flow="main", node="bye")]
    told += [f.Noted(at=NOW, channel="hq-1.1", what=what, detail=about) for what, about in notes]
    db = database_of(load(careline.home.config, {}))
    numbered = [Numbered(number, fact) for number, fact in enumerate(told, 1)]
    db.run_sync(save, begin(up), numbered, NOW)
    shown = careline.says("call", "show", "hq-1.1", lang="zh")
    assert "导航 测试 · 挂断" in shown  # a node without a title is called by its kind
    agent = re.search("坐席 (8001 ?[^ ]*) 的通话录音", shown)
    assert agent is not None
    for words in (
        f"坐席 {agent[1]} 暂停录音",
        f"在队列 {QUEUES[0].title} 等待过久",
        "医院呼出：任务 f:1，自动",
        "答录机接听",
        agent[1],
        "留言",
    ):
        assert words in shown, shown
    assert "等待 0.0 秒" in shown
    for raw in ("record", "yes", "ToVoicemail", "MACHINE", "bye", "13900002222"):
        assert raw not in shown, shown
    assert "the talk of agent 8001" in careline.says("call", "show", "hq-1.1")


POINTS = (
    EntryPoint("every_hook", "tests.plugins_for_tests.every_hook:plugin", "careline.plugins"),
    EntryPoint("broken", "tests.plugins_for_tests.nowhere:plugin", "careline.plugins"),
)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two plugins, one of which cannot be loaded."""
    # Beside the bundled ones, whose tables this process may know.
    points = [*catalog_module.entry_points(group=catalog_module.GROUP), *POINTS]
    monkeypatch.setattr(catalog_module, "entry_points", lambda group: points)


@pytest.mark.usefixtures("installed")
def test_a_plugin_is_switched_on_and_off_without_a_core(careline: Terminal) -> None:
    listed = {one["name"]: one for one in careline.json("plugin", "list")}
    assert listed["every_hook"]["enabled"] is False
    assert "cannot be loaded" in listed["broken"]["error"]
    careline.says("plugin", "info", "every_hook")
    assert "cannot be loaded" in careline.refuses("plugin", "info", "broken")
    careline.says("plugin", "enable", "every_hook")
    assert load(careline.home.config, {}).plugins == ("every_hook",)
    assert "disable it first" in careline.refuses("plugin", "purge", "every_hook", "--yes")
    careline.says("plugin", "disable", "every_hook")
    assert load(careline.home.config, {}).plugins == ()
    assert "not enabled" in careline.refuses("plugin", "disable", "every_hook")
    careline.says("plugin", "purge", "every_hook", "--yes")
    written = careline.json("audit", "search", "--whose", "every_hook")
    acts = ["plugin.purged", "plugin.disabled", "plugin.enabled"]
    assert [one["act"] for one in written] == acts
    assert all(one["actor"].startswith("cli:") and one["kind"] == "plugin" for one in written)


@pytest.mark.usefixtures("installed")
def test_a_plugin_that_cannot_run_changes_nothing(careline: Terminal) -> None:
    before = careline.home.config.read_text()
    for name in ("broken", "every_hok"):
        careline.refuses("plugin", "enable", name)
    assert "every_hook" in careline.refuses("plugin", "enable", "every_hok")
    assert careline.home.config.read_text() == before


@pytest.mark.usefixtures("installed")
def test_a_plugin_whose_tables_fail_stays_off(
    careline: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Migrations, *_: object) -> None:
        raise Invalid("db.migration_failed", "taken back")

    monkeypatch.setattr(Migrations, "upgrade", fails)
    assert "taken back" in careline.refuses("plugin", "enable", "every_hook")
    assert load(careline.home.config, {}).plugins == ()


@pytest.mark.usefixtures("installed")
def test_a_bundle_is_looked_at_before_it_is_switched_on(careline: Terminal) -> None:
    with careline.home.config.open("a") as file:
        file.write('\n[bundle.mine]\nplugins = ["every_hook"]\n')
        file.write('[bundle.more]\nplugins = ["every_hook", "fax"]\n')
    seen = careline.json("bundle", "enable", "mine", "--preview")
    assert (seen["added"], seen["not_installed"]) == (["every_hook"], [])
    assert load(careline.home.config, {}).plugins == ()
    assert careline("bundle", "enable", "mine", input="n\n").exit_code == 1
    assert load(careline.home.config, {}).plugins == ()
    careline.says("bundle", "enable", "mine", input="y\n")
    assert load(careline.home.config, {}).plugins == ("every_hook",)
    [written] = careline.json("audit", "search", "--act", "plugin.enabled")
    assert written["whose"] == "every_hook"
    assert "nothing was changed" in careline.refuses("bundle", "enable", "more", "--yes")
    assert "mine" in careline.refuses("bundle", "enable", "moon")


def test_each_of_our_bundles_can_be_enabled_and_says_what_it_brings(careline: Terminal) -> None:
    for bundle in careline.json("bundle", "list"):
        seen = careline.json("bundle", "enable", bundle["name"], "--preview")
        assert (seen["not_installed"], seen["problems"]) == ([], [])
        assert [one["plugin"] for one in seen["brings"]] == bundle["plugins"]
        assert [one["problem"] for one in seen["brings"] if one["problem"]] == []
        brought = {one["plugin"]: one for one in seen["brings"]}
        assert "sms_message" in brought["sms"]["tables"]
        assert brought["satisfaction"]["steps"] == ["Ask how satisfied the caller is"]
        assert brought["recording"]["menus"] == ["Recordings"]
    told = careline.says("bundle", "enable", "outpatient", "--preview", lang="zh")
    assert "询问来电者满意度" in told
    assert "appointments_booking" in told
    assert load(careline.home.config, {}).plugins == ()


@pytest.mark.usefixtures("installed")
def test_a_plugin_brings_commands_and_kinds_of_node(careline: Terminal, tmp_path: Path) -> None:
    flow = tmp_path / "passing.toml"
    flow.write_text(
        'name = "passing"\nstart = "on"\noperator = "agent"\n'
        '[nodes.on]\nkind = "every_hook_pass"\n'
        '[nodes.agent]\nkind = "queue"\nqueue = "service"\n'
        'timeout = "bye"\nfull = "bye"\nclosed = "bye"\n'
        '[nodes.bye]\nkind = "hang_up"\n'
    )
    assert "careline plugin enable every_hook" in careline.refuses("every-hook")
    assert "every-hook" not in careline.says("--help")
    assert "every_hook_pass" in careline.refuses("flow", "check", str(flow))
    careline.says("plugin", "enable", "every_hook")
    careline.says("every-hook")
    ours, _, of_plugins = careline.says("--help", lang="zh").partition("插件的命令")
    assert "every-hook" in of_plugins
    assert "every-hook" not in ours
    careline.says("flow", "check", str(flow))
    careline.refuses("every-hok")
