"""Red flags: there with the answer, told at once, passed on until a person has seen them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from tests.plugins.followup.site import Site

from careline.audit import store as audit
from careline.errors import Conflict, Invalid
from careline.hooks import InboundMessage, Urgency, hook
from careline.outbound.model import Mode, Stage
from careline.storage import Database, Tx
from careline_followup.flags.leaders import LATE
from careline_followup.flags.model import LEADERS, Flag, FlagState, Post
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State

WARD, DOCTOR, HEAD = "13500000001", "13500000002", "13500000003"


class Listener:
    """Another plugin that hears of red flags."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    @hook
    async def red_flag(self, flag_id: int) -> None:
        self.heard.append(flag_id)


@pytest.fixture
def site(db: Database) -> Site:
    """A patient in the middle of an automatic call; the ward and its doctor take messages."""
    made = Site(db)
    posts = (Post(campus="main", ward="三病区", who="护士站", number=WARD),)
    posts += (Post(campus="main", ward="三病区", who="值班医生", number=DOCTOR),)
    posts += (Post(campus="main", level=1, who="总值班", number=HEAD),)
    for post in posts:
        made.run(made.s.flags.put_post(post))
    made.stay()
    made.work()
    made.later(days=3)
    made.dial()
    return made


def flags(site: Site, *states: FlagState) -> Sequence[Flag]:
    return site.run(site.s.flags.listed(states or tuple(FlagState)))


def bleeding(site: Site) -> Flag:
    """The patient presses the key of a red flag."""
    site.shown.clear()
    site.reply("feeling", 3)
    given = site.reply("symptom", 4)
    assert given.flag is not None
    return given.flag


def test_an_alert_stands_on_the_wards_page_with_the_answer_itself(site: Site) -> None:
    before = site.clock.now()
    flag = bleeding(site)
    assert [one.id for one in flags(site)] == [flag.id]
    assert (flag.words, flag.ward, flag.raised) == ("出院后出血", "三病区", before)
    assert ("followup_flag", str(flag.id)) in site.shown  # told at the commit: no job between
    assert site.run(site.s.answers.given(flag.task))["symptom"].red


def test_ward_and_doctor_have_a_message_at_once_that_names_nobody_in_full(site: Site) -> None:
    at = site.clock.now()
    flag = bleeding(site)
    site.work()
    sent = list(site.house.sent.values())
    assert [one.to for one in sent] == [f"+86{WARD}", f"+86{DOCTOR}"]
    assert {one.urgency for one in sent} == {Urgency.URGENT}
    assert sent[0].text == "随访红旗：三病区 12 患**，出院后出血。请尽快处理并回复1-1确认。"
    assert (site.clock.now() - at).total_seconds() < 5
    assert flag.deadline == at + timedelta(minutes=30)


def test_with_no_channel_the_message_to_the_ward_is_tried_again(site: Site) -> None:
    site.house.mute = True
    bleeding(site)
    site.work()
    assert site.house.sent == {}
    site.house.mute = False
    site.later(minutes=11)
    assert [one.to for one in site.house.sent.values()] == [f"+86{WARD}", f"+86{DOCTOR}"]


def test_an_answer_and_its_alert_are_stored_together_or_not_at_all(site: Site) -> None:
    task = site.first().id
    site.reply("feeling", 3)

    def dies(tx: Tx) -> None:
        site.s.answers._reply(tx, task, "symptom", 4, Way.AUTOMATIC, "", "", False)
        raise RuntimeError("the process dies before the commit")

    with pytest.raises(RuntimeError):
        site.db.run_sync(dies)
    assert flags(site) == []
    assert "symptom" not in site.run(site.s.answers.given(task))


def test_what_nobody_acknowledges_is_passed_on_and_becomes_an_alarm(site: Site) -> None:
    bleeding(site)
    site.work()
    assert health(site) == "ok"
    site.later(minutes=29)
    assert len(site.house.sent) == 2
    site.later(minutes=2)
    assert [one.to for one in list(site.house.sent.values())[2:]] == [f"+86{HEAD}"]
    assert (flags(site)[0].level, health(site)) == (1, "major")
    site.later(minutes=31)
    assert flags(site)[0].level == 2


def test_it_is_passed_on_even_if_its_job_was_thrown_away(site: Site) -> None:
    flag = bleeding(site)
    site.fake.advance(31 * 60)
    site.run(site.s.flags.sweep())
    assert site.run(site.s.flags.get(flag.id)).level == 1


def test_passing_on_ends_some_day_but_the_alarm_does_not(site: Site) -> None:
    bleeding(site)
    site.later(hours=6)
    assert (flags(site)[0].level, flags(site)[0].deadline, health(site)) == (5, None, "major")


def test_who_acknowledges_in_time_stops_it(site: Site) -> None:
    flag = bleeding(site)
    site.work()
    seen = site.run(site.s.flags.see(flag.id, "nurse"))
    assert (seen.state, seen.seen_by) == (FlagState.SEEN, "nurse")
    assert site.run(site.s.flags.see(flag.id, "other")).seen_by == "nurse"
    site.later(hours=2)
    assert (len(site.house.sent), flags(site)[0].level) == (2, 0)


def test_a_ward_acknowledges_by_its_answer_to_the_message(site: Site) -> None:
    flag = bleeding(site)
    site.work()
    [about, *_] = site.house.sent
    said = {"channel": "sms", "number": f"+86{WARD}", "at": site.clock.now()}
    stranger = InboundMessage(about=about, text="1", **(said | {"number": "+8613999999999"}))
    assert site.run(site.plugin.message_replied(stranger)) == ""
    assert site.run(site.s.flags.get(flag.id)).state is FlagState.OPEN
    reply = InboundMessage(about=about, text=" 1 ", **said)
    assert site.run(site.plugin.message_replied(reply)) == "已确认，请尽快处理。"
    assert site.run(site.s.flags.get(flag.id)).seen_by == "护士站"
    for other in (
        "followup:1:1",
        "followup-flag:x:0:1",
        "satisfaction:9",
        "followup-flag:",
        "followup-flag:1:0:x",
    ):
        strange = InboundMessage(about=other, text="1", **said)
        assert site.run(site.plugin.message_replied(strange)) is None


def test_looking_after_it_takes_words_and_happens_once(site: Site) -> None:
    flag = bleeding(site)
    with pytest.raises(Invalid):
        site.run(site.s.flags.close(flag.id, "nurse", " "))
    done = site.run(site.s.flags.close(flag.id, "nurse", "已联系患者来院复诊"))
    assert (done.state, done.seen_by, done.note) == (
        FlagState.CLOSED,
        "nurse",
        "已联系患者来院复诊",
    )
    with pytest.raises(Conflict):
        site.run(site.s.flags.close(flag.id, "other", "再次"))


def test_the_same_answer_again_is_the_same_flag(site: Site) -> None:
    flag = bleeding(site)
    again = site.reply("symptom", 4)
    corrected = site.reply("symptom", 4, correct=True, by="8001", way=Way.AGENT)
    assert (again.flag, corrected.flag) == (None, None)
    assert [one.id for one in flags(site)] == [flag.id]


def test_a_correction_that_is_bad_in_another_way_is_a_new_alert(site: Site) -> None:
    """Short of breath, looked after; no, it is bleeding."""
    site.reply("feeling", 3)
    first = site.reply("symptom", 3).flag
    assert first is not None
    site.work()
    site.house.sent.clear()
    second = site.reply("symptom", 4, correct=True, by="8001", way=Way.AGENT).flag
    assert second is not None
    site.work()
    assert [one.to for one in site.house.sent.values()] == [f"+86{WARD}", f"+86{DOCTOR}"]
    site.run(site.s.flags.close(second.id, "nurse", "已处理"))
    third = site.reply("symptom", 4, correct=True, by="8001", way=Way.AGENT).flag
    assert third is not None
    assert len(flags(site)) == 3


def test_a_correction_raises_what_was_not_raised_before(site: Site) -> None:
    site.reply("feeling", 3)
    assert site.reply("symptom", 5).flag is None
    given = site.reply("symptom", 3, correct=True, by="8001", way=Way.AGENT)
    assert given.flag is not None
    assert given.next is not None


def test_other_plugins_hear_of_it(db: Database) -> None:
    site = Site(db)
    listener = Listener()
    site.hub.register("listener", listener)
    site.stay()
    site.work()
    flag = bleeding(site)
    handlers = site.hub.durable_handlers("listener")
    assert list(handlers) == ["hook.listener.red_flag"]
    site.run(handlers["hook.listener.red_flag"]({"flag_id": flag.id}, None))
    assert listener.heard == [flag.id]


def test_a_value_that_is_no_answer_is_refused_and_changes_nothing(site: Site) -> None:
    for question, value in (("feeling", 9), ("feeling", -1), ("nothing", 1), ("temperature", 999)):
        with pytest.raises(Invalid):
            site.reply(question, value)
    assert site.run(site.s.answers.given(site.first().id)) == {}
    assert site.first().state is State.DUE


def health(site: Site) -> str:
    checks = {one.name: one.level.value for one in site.run(site.plugin.health())}
    return checks["followup.flags"]


def test_a_level_whose_messages_all_fail_is_passed_on_at_once(site: Site) -> None:
    bleeding(site)
    site.work()
    ward, doctor = site.house.sent
    for _ in range(2):  # told at least once
        site.run(site.plugin.message_settled(ward, delivered=False))
    site.run(site.plugin.message_settled("followup-flag:99:0:1", delivered=False))
    site.work()
    assert flags(site)[0].level == 0  # the doctor may have it
    site.run(site.plugin.message_settled(doctor, delivered=False))
    site.work()
    assert flags(site)[0].level == 1
    assert [one.to for one in list(site.house.sent.values())[2:]] == [f"+86{HEAD}"]
    site.run(site.plugin.message_settled(doctor, delivered=False))
    assert (flags(site)[0].level, health(site)) == (1, "major")


def test_a_ward_without_telephones_is_heard_of_above_at_once(db: Database) -> None:
    site = Site(db)
    site.run(site.s.flags.put_post(Post(campus="main", level=2, who="总值班", number=HEAD)))
    site.stay()
    site.work()
    checks = {one.name: (one.level.value, one.detail) for one in site.run(site.plugin.health())}
    assert checks["followup.posts"] == ("major", "三病区")
    bleeding(site)
    site.work()
    assert [one.to for one in site.house.sent.values()] == [f"+86{HEAD}"]
    assert flags(site)[0].level == 2
    site.run(site.s.flags.put_post(Post(campus="main", who="值班", number=WARD)))
    checks = {one.name: (one.level.value, one.detail) for one in site.run(site.plugin.health())}
    assert checks["followup.posts"] == ("ok", "")


def test_what_was_seen_and_forgotten_is_passed_on(site: Site) -> None:
    flag = bleeding(site)
    site.work()
    site.run(site.s.flags.see(flag.id, "nurse"))
    site.later(hours=4, minutes=1)
    again = site.run(site.s.flags.get(flag.id))
    assert (again.state, again.level) == (FlagState.OPEN, 1)
    assert [one.to for one in list(site.house.sent.values())[2:]] == [f"+86{HEAD}"]
    site.run(site.s.flags.close(flag.id, "nurse", "已联系"))
    site.later(hours=10)
    assert len(site.house.sent) == 3


def said(site: Site, about: str, text: str) -> str | None:
    """The ward answers a message."""
    now = site.clock.now()
    reply = InboundMessage(about=about, channel="sms", number=f"+86{WARD}", text=text, at=now)
    return site.run(site.plugin.message_replied(reply))


def test_of_two_flags_each_is_acknowledged(site: Site) -> None:
    """The newest message is asked first, as the channel does."""
    first = bleeding(site)
    site.work()
    second = site.reply("symptom", 3, correct=True, by="8001", way=Way.AGENT).flag
    assert second is not None
    site.work()
    older, _, newer, _ = site.house.sent
    for _ in range(2):
        assert said(site, newer, "1") or said(site, older, "1")
    assert {one.state for one in flags(site)} == {FlagState.SEEN}
    assert (said(site, newer, "1"), said(site, older, "1")) == (None, None)
    assert [one.seen_by for one in flags(site) if one.id == first.id] == ["护士站"]


def test_what_nobody_looks_after_stands_first_however_often_others_were_passed_on(
    site: Site,
) -> None:
    first = bleeding(site)
    site.work()
    site.later(hours=2)
    site.run(site.s.flags.see(first.id, "nurse"))
    second = site.reply("symptom", 3, correct=True, by="8001", way=Way.AGENT).flag
    assert second is not None
    assert [(one.id, one.level > 0) for one in flags(site)] == [
        (second.id, False),
        (first.id, True),
    ]


def test_a_flag_is_acknowledged_by_its_number(site: Site) -> None:
    first = bleeding(site)
    site.work()
    second = site.reply("symptom", 3, correct=True, by="8001", way=Way.AGENT).flag
    assert second is not None
    site.work()
    newer = list(site.house.sent)[2]
    assert said(site, newer, f"1-{first.id}")
    assert said(site, newer, "1-99") == ""
    states = {one.id: one.state for one in flags(site)}
    assert states == {first.id: FlagState.SEEN, second.id: FlagState.OPEN}
    lines = site.db.run_sync(audit.search, audit.Search(act="followup.flag_seen")).entries
    assert [(one.name, one.whose) for one in lines] == [("护士站", str(first.id))]


def test_a_correction_that_asks_for_more_is_asked(site: Site) -> None:
    """All was answered; then it is worse after all, and what is worse is asked."""
    site.well()
    assert site.first().state is State.ANSWERED
    given = site.reply("feeling", 3, correct=True, by="8001", way=Way.AGENT)
    assert given.next is not None
    assert (given.next.name, site.first().state) == ("symptom", State.RUNNING)
    assert site.first().finished is None
    site.work()
    site.later(minutes=40)
    assert [call.task.mode for call in site.calls([Stage.WAITING])] == [Mode.PREVIEW]
    assert site.reply("symptom", 4).flag is not None


def test_what_is_answered_is_not_begun_again(site: Site) -> None:
    site.well()
    with pytest.raises(Conflict):
        site.run(site.s.tasks.begin(site.first().id, "8001"))


def test_the_doctor_in_charge_is_told_beside_the_ward_and_of_no_other_patients(
    db: Database,
) -> None:
    site = Site(db)
    for doctor, number in (("李 明", DOCTOR), ("王芳", HEAD)):
        post = Post(campus="main", doctor=doctor, who=doctor, number=number)
        site.run(site.s.flags.put_post(post))
    site.run(site.s.flags.put_post(Post(campus="main", ward="三病区", who="护士站", number=WARD)))
    site.stay(doctor="李明")
    site.work()
    site.later(days=3)
    site.dial()
    flag = bleeding(site)
    site.work()
    assert [one.to for one in site.house.sent.values()] == [f"+86{DOCTOR}", f"+86{WARD}"]
    reply = InboundMessage(
        about=next(iter(site.house.sent)),
        channel="sms",
        number=f"+86{DOCTOR}",
        text=f"1-{flag.id}",
        patient=0,
        at=site.clock.now(),
    )
    assert site.run(site.plugin.message_replied(reply))
    assert site.run(site.s.flags.get(flag.id)).seen_by == "李 明"


def test_who_leads_hears_once_a_day_how_much_is_overdue(site: Site) -> None:
    leader = Post(campus="main", level=LEADERS, who="班长", number=HEAD)
    site.run(site.s.flags.put_post(leader))
    site.job(LATE)
    assert site.house.sent == {}
    site.later(days=9)
    overdue = site.run(site.s.figures.overdue())
    assert overdue
    site.house.sent.clear()
    for _ in range(2):
        site.job(LATE)
    [message] = site.house.sent.values()
    assert (message.to, message.patient) == (f"+86{HEAD}", 0)
    assert f"有{overdue}项随访已超期" in message.text


def test_leaders_are_not_told_of_red_flags(site: Site) -> None:
    number = "13900009999"
    site.run(site.s.flags.put_post(Post(campus="main", level=LEADERS, who="班长", number=number)))
    bleeding(site)
    site.later(hours=3)
    assert f"+86{number}" not in {one.to for one in site.house.sent.values()}
