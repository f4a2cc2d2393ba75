"""Under the real supervisor: a core that hangs, an Asterisk that is killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from tests.integration.support.crowd import longest_silence
from tests.integration.support.guarded import GuardedSite
from tests.integration.support.records import all_records
from tests.integration.support.truth import in_step
from tests.support.strict import bound
from twisted.internet.defer import TimeoutError

from careline.calls.model import Outcome
from careline.demo.phone import PATIENCE_S, Answer, Call, CallState, Phone
from careline.testing.stage import until

SILENT_S = bound(3.5)

pytestmark = pytest.mark.integration


@pytest.fixture
def site(spin, asterisk_tree, spoken_prompts, tmp_path) -> Iterator[GuardedSite]:
    made = GuardedSite(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts)
    try:
        spin(made.open())
        yield made
    finally:
        spin(made.close())


def test_a_core_that_hangs_leaks_no_channel_and_is_replaced(spin, site) -> None:
    async def play() -> None:
        await in_step(site)
        staying, leaving = site.caller("13800000001"), site.caller("13800000002")
        stays, leaves = await site.dial(staying), await site.dial(leaving)
        await site.clock.sleep(1)
        pid = site.supervisor.pid("core")
        stopped = site.clock.seconds()
        site.signal("core", signal.SIGSTOP)
        late = site.caller("13800000003").dial("4001234567")
        await site.clock.sleep(0.5)
        await stays.send_digits("*")  # ends what it heard: now only a new core can go on
        await leaves.hang_up()
        await late.hang_up()
        while {one.caller_number for one in await site.switch.channels()} != {"13800000001"}:
            assert site.supervisor.pid("core") == pid, "channels leak until the core is replaced"
            await site.clock.sleep(0.1)
        print(f"channels gone after {site.clock.seconds() - stopped:.2f} s")
        await site.gone("core", pid)
        replaced = site.clock.seconds() - stopped
        await site.core_up()
        up = site.clock.seconds() - stopped
        took = await in_step(site)
        await site.clock.sleep(3)
        silent = longest_silence(stays, stopped, site.clock.seconds())
        assert silent <= SILENT_S
        print(f"replaced {replaced:.2f} up {up:.2f} in step {took:.2f} silent {silent:.2f}")
        agent = await site.ready("8001")
        answered = await _asks_for_an_agent(site, stays, agent)
        await site.clock.sleep(1)
        await answered.hang_up()
        await stays.ended()
        await _closed(site, 3)

    spin(play(), timeout=600)
    outcomes = {
        number: [r.outcome for r in found] for number, found in all_records(site.db).items()
    }
    assert outcomes == {
        "13800000001": [Outcome.ANSWERED],
        "13800000002": [Outcome.SELF_SERVICE],
        "13800000003": [Outcome.SELF_SERVICE],
    }


def test_asterisk_is_killed(spin, site) -> None:
    """Agents are members as before, open records are closed, and new calls work."""

    async def members() -> dict[tuple[str, str], tuple[str, bool, int]]:
        return {
            (queue.name, member.interface): (member.name, member.paused, member.penalty)
            for queue in await site.switch.queue_status()
            for member in queue.members
        }

    async def play() -> None:
        agent, _ = await site.ready("8001", Answer(0.5)), await site.ready("8002", Answer(60))
        await site.core.ask("agent", verb="not_ready", agent="8002", reason="meal")
        await in_step(site)
        before = await members()
        talking, listening = site.caller("13800000001"), site.caller("13800000002")
        first = await site.dial(talking)
        await site.clock.sleep(1)
        await _asks_for_an_agent(site, first, agent)
        await site.clock.sleep(7)
        await site.dial(listening)
        pid = site.supervisor.pid("asterisk")
        killed = site.clock.seconds()
        site.signal("asterisk", signal.SIGKILL)
        await site.gone("asterisk", pid)
        for phone in (talking, listening, agent):
            for call in list(phone.calls):
                site.tasks.spawn(call.hang_up(), "hang up a call that Asterisk forgot")
        await site.core_up()
        up = site.clock.seconds() - killed
        took = await in_step(site)
        print(f"Asterisk up after {up:.2f} s, in step {took:.2f} s later")
        await until(site.clock, lambda: _free(site), PATIENCE_S, "wrap-up ends")
        await in_step(site)
        assert await members() == before
        assert await agent.register() == 200
        again = await site.dial(site.caller("13800000003"))
        await site.clock.sleep(1)
        answered = await _asks_for_an_agent(site, again, agent)
        await site.clock.sleep(7)
        await answered.hang_up()
        await again.ended()
        await _closed(site, 3)

    spin(play(), timeout=600)
    outcomes = {
        number: [r.outcome for r in found] for number, found in all_records(site.db).items()
    }
    assert outcomes == {
        "13800000001": [Outcome.ANSWERED],
        "13800000002": [Outcome.SELF_SERVICE],
        "13800000003": [Outcome.ANSWERED],
    }


async def _asks_for_an_agent(site: GuardedSite, caller: Call, agent: Phone) -> Call:
    """Press 0 until an agent has answered: a key is lost while no core listens."""
    for _ in range(20):
        await caller.send_digits("0")
        try:
            await caller.ended(3)
        except TimeoutError:
            up = [call for call in agent.calls if call.state is CallState.UP]
            if up:
                return up[0]
    raise AssertionError("no agent in spite of all keys")


def _free(site: GuardedSite) -> bool:
    records = all_records(site.db)["13800000001"]
    return not records[0].wrapping_up


async def _closed(site: GuardedSite, count: int) -> None:
    """Wait until all records are closed and stored."""

    def done() -> bool:
        records = [one for found in all_records(site.db).values() for one in found]
        return len(records) == count and all(r.ended and not r.wrapping_up for r in records)

    await until(site.clock, done, PATIENCE_S, f"{count} closed records")
