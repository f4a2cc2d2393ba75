"""No core at all, a core that takes no calls, a link that is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.integration.support.records import all_records
from tests.integration.support.site import Site
from tests.integration.support.truth import in_step
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.protocol import Factory, Protocol

from careline.calls.model import Outcome
from careline.demo.phone import PATIENCE_S, Answer, Ring
from careline.setup.demo import NUMBER
from careline.testing.stage import until

pytestmark = pytest.mark.integration


@pytest.fixture
def site(spin, asterisk_tree, spoken_prompts, tmp_path) -> Iterator[Site]:
    """Asterisk alone; a test starts the core when it wants one."""
    made = Site(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts)
    try:
        spin(made.open_asterisk())
        yield made
    finally:
        spin(made.close())


def test_without_a_core_the_fallback_queue_answers_and_the_record_comes_later(spin, site) -> None:
    """The core comes back while they talk: the record has the whole call."""

    async def play() -> None:
        await site.start_core()
        await in_step(site)
        desk = await site.ready("8001", Ring())
        site.core.kill()
        caller = await site.dial(site.caller("13800000001"))
        ringing = await desk.event("ringing")
        ringing.call.answer()
        waited = ringing.call.answered_at - caller.answered_at
        print(f"without a core an agent answers after {waited:.1f} s")
        assert await ringing.call.hears(440)
        other = await site.dial(site.caller("13800000002"))
        await site.clock.sleep(1)
        await other.hang_up()
        await site.start_core()
        await in_step(site)
        await ringing.call.hang_up()
        await caller.ended()
        await in_step(site)
        await until(site.clock, lambda: _closed(site, 2), PATIENCE_S, "two closed records")

    spin(play(), timeout=600)
    records = all_records(site.db)
    [[talked], [gone]] = [records["13800000001"], records["13800000002"]]
    assert (talked.outcome, talked.agents) == (Outcome.ANSWERED, ("8001",))
    assert [(stay.queue, stay.reason) for stay in talked.stays] == [
        ("careline-fallback", "answered")
    ]
    assert gone.outcome is Outcome.SELF_SERVICE


class _Silent(Protocol):
    """Accepts and says nothing, as a core does whose event loop stands still."""


def test_a_core_that_accepts_but_hangs_keeps_no_channel(spin, site) -> None:
    """Fact 3: without AGIEXITONHANGUP Asterisk would keep the channel for ever."""
    connected: Deferred[None] = Deferred()

    class Hanging(Factory):
        noisy = False

        def buildProtocol(self, addr: object) -> _Silent:
            connected.callback(None)
            return _Silent()

    async def play() -> None:
        core = site.settings.core
        port = site.reactor.listenTCP(core.agi_port, Hanging(), interface=core.agi_bind)
        call = site.caller("13800000001").dial(NUMBER)
        await site.clock.within(PATIENCE_S, connected)
        assert len(await site.switch.channels()) == 1
        await call.hang_up()
        end = site.clock.seconds() + PATIENCE_S
        while channels := await site.switch.channels():
            assert site.clock.seconds() < end, channels
            await site.clock.sleep(0.05)
        await port.stopListening()

    spin(play(), timeout=600)


def test_a_link_that_is_cut_is_made_good(spin, site) -> None:
    """Calls end and begin while the core hears nothing of it; afterwards it knows all."""

    async def play() -> None:
        await site.start_core()
        await in_step(site)
        desk = await site.ready("8001", Answer(0.3))
        first = await site.dial(site.caller("13800000001"))
        await until_agent(site, first, desk)
        for number in ("13800000002", "13800000003", "13800000004"):
            kick_others(site)
            call = await site.dial(site.caller(number))
            await call.hang_up()
        kick_others(site)
        await desk.calls[0].hang_up()
        await first.ended()
        took = await in_step(site)
        print(f"in step {took:.2f} s after the last cut")
        await until(site.clock, lambda: _closed(site, 4), PATIENCE_S, "four closed records")

    spin(play(), timeout=600)
    outcomes = {n: [r.outcome for r in found] for n, found in all_records(site.db).items()}
    assert outcomes == {
        "13800000001": [Outcome.ANSWERED],
        "13800000002": [Outcome.SELF_SERVICE],
        "13800000003": [Outcome.SELF_SERVICE],
        "13800000004": [Outcome.SELF_SERVICE],
    }


async def until_agent(site: Site, call, desk) -> None:
    """Press 0 until the agent talks."""
    for _ in range(15):
        await call.send_digits("0")
        try:
            await until(site.clock, lambda: bool(desk.calls), 4, "the agent's phone rings")
        except TimeoutError:
            continue
        break
    assert await desk.calls[0].hears(440)


def kick_others(site: Site) -> None:
    """Cut the AMI connections; the test's own comes back by itself too."""
    shown = site.asterisk.rx("manager show connected")
    for descriptor in re.findall(
        r"^\s*\S+\s+127\.0\.0\.1\s+\d+\s+\d+\s+(\d+)", shown, re.MULTILINE
    ):
        site.asterisk.rx(f"manager kick session {descriptor}")


def _closed(site: Site, count: int) -> bool:
    records = [one for found in all_records(site.db).values() for one in found]
    return len(records) == count and all(r.ended and not r.wrapping_up for r in records)
