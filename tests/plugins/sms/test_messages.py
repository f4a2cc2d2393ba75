"""Messages as the rest of the house meets them: called back, released, kept, watched."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.plugins.sms.site import NOW, Site
from tests.support.plugin_commands import saying

from careline.errors import Conflict
from careline.hooks import Level
from careline.messaging.gateway import Fate, Uncertain
from careline.storage import Database
from careline_sms.model import State, Wanted

LATER = {"not_before": NOW + timedelta(hours=1)}


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db).start()


def test_what_was_not_sent_can_be_called_back(site: Site) -> None:
    messages = site.plugin.messages
    site.put("due", **LATER, settles=True)
    site.put("gone", to="+8613800002222")
    assert site.db.run_sync(messages.withdraw, "due", "the visit is cancelled")
    assert not site.db.run_sync(messages.withdraw, "due", "the visit is cancelled")
    assert not site.db.run_sync(messages.withdraw, "gone", "too late")
    assert not site.db.run_sync(messages.withdraw, "unknown", "")
    site.wall = timedelta(hours=2)
    site.pass_(20)
    assert (site.state("due"), site.told) == (State.WITHDRAWN, [("due", False)])
    assert [one.key for one in site.gateways["a"].sent] == ["gone"]


def test_what_may_be_on_its_way_cannot_be_called_back(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Uncertain("cut off")]
    site.put()
    assert site.state() is State.QUEUED
    assert not site.db.run_sync(site.plugin.messages.withdraw, "k", "why")


def test_held_messages_wait_for_approval(site: Site) -> None:
    messages = site.plugin.messages
    ids = [site.put(f"g{one}", to=f"+86138000000{one}1", held=True, group="g") for one in range(3)]
    site.pass_(20)
    assert site.gateways["a"].sent == []
    site.run(messages.release(ids[0], "ben"))
    with pytest.raises(Conflict):
        site.run(messages.release(ids[0], "ben"))
    assert site.db.run_sync(messages.release_group, "g", "ben") == 2
    assert len(site.gateways["a"].sent) == 3
    assert [one.by for one in site.history("g0")][:2] == ["", "ben"]


def test_lists_and_counts(site: Site) -> None:
    messages = site.plugin.messages
    site.put("one", patient=5, text="复诊提醒")
    site.put("two", to="+8613800002222", **LATER)
    found, count = site.run(messages.listed(Wanted(number="1111", text="复诊", patient=5)))
    assert ([one.key for one in found], count) == (["one"], 1)
    assert site.run(messages.counts(Wanted()))[State.QUEUED] == 1
    figures = site.run(messages.figures(NOW - timedelta(days=1), NOW + timedelta(days=1)))
    assert {(one.state, one.messages, one.cost) for one in figures} == {
        (State.SENT, 1, 45),
        (State.QUEUED, 1, 0),
    }


def test_a_patient_is_given_everything_and_forgotten(site: Site) -> None:
    site.put("one", patient=5, text="您的报告已出")
    site.put("two", patient=5, **LATER)
    site.replied("谢谢", reference="r")
    parts = site.run(site.plugin.export_patient(5))
    assert [(part.name, len(part.rows)) for part in parts] == [
        ("messages", 2),
        ("message_replies", 1),
    ]
    [entry] = site.run(site.plugin.patient_timeline(5))
    assert entry.detail == "您的报告已出"
    for _ in range(2):
        site.run(site.plugin.erase_patient(5))
    one = site.message("one")
    assert (one.text, one.to, one.patient, one.state) == ("", "", 0, State.SENT)
    assert site.state("two") is State.WITHDRAWN
    assert site.run(site.plugin.export_patient(5)) == []
    with pytest.raises(Conflict):
        site.run(site.plugin.messages.resend(site.message("two").id, "ben"))


def test_merged_patients_are_told_apart_again(site: Site) -> None:
    site.put(patient=5)
    for _ in range(2):
        site.run(site.plugin.patients_merged(9, 5))
    assert site.message().patient == 9
    site.run(site.plugin.patients_unmerged(9, 5))
    assert site.message().patient == 5


def test_health_tells_of_gateways_and_of_what_waits(site: Site) -> None:
    site.gateways["a"].script = [Uncertain("x")]
    site.put()
    assert _levels(site) == [Level.OK, Level.OK, Level.NOTICE]
    site.gateways["a"].up = False
    site.gateways["a"].script = [Uncertain("x")] * 9
    for number in range(3):
        site.put(f"w{number}", to=f"+86138000000{number}2")
    site.wall = timedelta(minutes=11)
    assert _levels(site) == [Level.MAJOR, Level.MAJOR, Level.NOTICE]


def _levels(site: Site) -> list[Level]:
    return [one.level for one in site.run(site.plugin.health())]


def test_old_messages_are_forgotten_at_night(site: Site) -> None:
    site.put()
    site.put("open", to="+8613800002222", not_before=NOW + timedelta(days=900))
    site.replied("1", reference="r")
    sink = site.gateways["a"].sink
    assert sink is not None
    site.run(sink.receipt("a", "nobody's", Fate.DELIVERED))
    site.wall = timedelta(days=401)
    [nightly] = [one for one in site.plugin.job_handlers() if one.kind == "sms.nightly"]
    site.run(nightly.do({}, None))
    found, _ = site.run(site.plugin.messages.listed(Wanted()))
    assert [one.key for one in found] == ["open"]
    assert site.run(site.plugin.messages.replies()) == []


def test_on_the_command_line(site: Site) -> None:
    said = saying(site.plugin.commands)
    values = ("--template", "birthday", "--value", "name=王芳", "--value", "hospital=市一院")
    said("send", "13800001111", *values, "--key", "x", "--reason", "试发")
    assert site.message("x").text.startswith("王芳")
    [row] = json.loads(said("list", "--json"))["messages"]
    assert (row["to"], row["state"]) == ("138****1111", "sent")
    assert "王芳" not in said("list")
    assert "138****1111" in said("list", lang="zh")
    assert "已发送  a     命令行" in said("list", lang="zh")
    assert "已发送 1" in said("gateways", lang="zh")
    assert json.loads(said("gateways", "--json"))[0]["messages"] == {"sent": 1}
    assert "birthday" in said("templates")
    site.gateways["a"].script = [Uncertain("x")]
    id = site.put("y", to="+8613800002222")
    said("resend", str(id), "--reason", "运营商说未发")
    assert site.state("y") is State.QUEUED
