from __future__ import annotations

from datetime import timedelta

import pytest

from careline.ivr.model import Caller
from careline.jobs.model import JobState
from careline.patients.model import Patient, PatientPhone
from careline.testing.channel import ScriptedChannel
from careline.testing.core import MakeCore, MemoryCore
from careline.testing.his import ScriptedPatients
from careline.testing.walking import around


@pytest.fixture
def channel(core: MemoryCore) -> ScriptedChannel:
    made = ScriptedChannel()
    core.hub.register("channel", made)
    return made


def test_who_talked_with_somebody_is_thanked(core: MemoryCore, channel: ScriptedChannel) -> None:
    async def story() -> None:
        await core.patient("王小明", "13800001111")
        talk = await core.talk("13800001111", agent="8001")
        await talk.phone.hang_up()
        record = await core.over()
        assert record.served_by == "8001"

    core.run(story())
    core.wait(minutes=29)
    assert channel.texts == []
    core.wait(minutes=1)
    assert channel.texts == ["王小明您好，感谢来电。"]


def test_who_hung_up_before_is_not(core: MemoryCore, channel: ScriptedChannel) -> None:
    caller = core.run(core.calls_in())
    core.run(caller.hang_up())
    core.run(core.over())
    core.wait(hours=1)
    assert [job.state for job in core.jobs("thanks.send")] == [JobState.DONE]
    assert channel.texts == []


async def short_talk(core: MemoryCore) -> str:
    talk = await core.talk()
    await talk.caller.hang_up()
    await core.over()
    return talk.id


def test_while_no_message_can_be_sent_it_is_tried_again(
    core: MemoryCore, channel: ScriptedChannel
) -> None:
    core.run(short_talk(core))
    channel.how = ["not mine", "raises", "hangs"]
    core.wait(minutes=30)
    [job] = core.jobs("thanks.send")
    assert (job.state, job.tries) == (JobState.WAITING, 1)
    for _ in range(3):
        core.wait(minutes=2)
    assert channel.texts == ["您好，感谢来电。"]
    assert core.jobs("thanks.send")[0].state is JobState.DONE


def test_a_job_done_by_hand(core: MemoryCore, channel: ScriptedChannel) -> None:
    call = core.run(short_talk(core))
    job = core.run(core.work("thanks.send", call=call))
    assert job.state is JobState.DONE
    assert core.run(channel.reply(core, "谢谢")) is None  # nobody has asked anything


def test_names_come_from_the_hospitals_system(core: MemoryCore, channel: ScriptedChannel) -> None:
    his = ScriptedPatients([Patient(name="李雷", phones=(PatientPhone("+8613800001111"),))])
    his.how = ["well", "hangs"]
    core.hub.register("his", his)
    call = core.run(short_talk(core))
    core.run(core.work("thanks.send", call=call))
    assert channel.texts == ["李雷您好，感谢来电。"]
    assert his.asked == ["+8613800001111"]


def test_settings(make_core: MakeCore) -> None:
    core = make_core("thanks", text="多谢！", after_min=5)
    core.hub.register("channel", channel := ScriptedChannel())
    core.run(short_talk(core))
    core.wait(minutes=5)
    assert channel.texts == ["多谢！"]


def test_a_caller_may_say_no(core: MemoryCore) -> None:
    node = around('kind = "thanks_ask"\nnext = "bye"')
    walk = core.run(core.walk(node, "1", caller=Caller(call="hq-1")))
    assert walk.said == ("不想收到短信，请按1。", "感谢您的来电，再见。")
    assert walk.nodes == ("first", "bye")
    assert core.plugin()._unwanted == {"hq-1"}


def test_leaders_see_how_many(core: MemoryCore, channel: ScriptedChannel) -> None:
    call = core.run(short_talk(core))
    core.run(core.work("thanks.send", call=call))
    seen = core.run(core.browser("leader").get("/thanks"))
    assert seen.status == 200
    assert [one.text for one in seen.find("p[data-sent]")] == ["1"]
    assert core.run(core.browser("8001").get("/thanks")).status == 403
    assert core.run(core.browser(may=["thanks.see"]).get("/thanks")).status == 200
    assert core.run(core.browser().get("/thanks")).status == 303  # to sign in


def test_on_both_databases(make_core: MakeCore, core_url: str) -> None:
    core = make_core("thanks", url=core_url)
    core.run(short_talk(core))
    [job] = core.jobs("thanks.send")
    assert job.run_at - core.clock.now() <= timedelta(minutes=30)
