"""The core is killed again and again while people call.

The full form: CARELINE_KILLS=20 CARELINE_CALLERS=20 CARELINE_STRICT=1; the figures are printed
(pytest -s).
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterator

import pytest
from tests.integration.support.crowd import Crowd, Visit, longest_silence
from tests.integration.support.records import Gap, all_records, deviations, faults, worst
from tests.integration.support.site import Site
from tests.integration.support.truth import in_step
from tests.support.strict import STRICT, bound

from careline.demo.phone import PATIENCE_S
from careline.testing.hospital import LOUD
from careline.testing.stage import until

pytestmark = pytest.mark.integration


KILLS = int(os.environ.get("CARELINE_KILLS", "4"))
CALLERS = int(os.environ.get("CARELINE_CALLERS", "8"))
IN_STEP_S = bound(3.0)
SILENT_S = bound(3.0)
HEARS_S = 6.0
NEAR_S, FAR_S = bound(0.1, 30), bound(1.0)
DOWN_S = (0.0, 0.0, 0.5, 1.5, 3.0)


@pytest.fixture
def site(spin, asterisk_tree, spoken_prompts, tmp_path) -> Iterator[Site]:
    made = Site(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts, agents=CALLERS // 2)
    try:
        spin(made.open())
        yield made
    finally:
        spin(made.close())


class Killing:
    """Kills the core at random moments while a crowd calls, and keeps the figures."""

    def __init__(self, site: Site, callers: int, seed: int) -> None:
        self.site, self.chance = site, random.Random(seed)
        self.crowd = Crowd(site, callers, self.chance)
        self.in_step: list[float] = []
        self.silences: list[float] = []
        self.gaps: list[Gap] = []

    async def play(self, kills: int) -> None:
        await self.crowd.open()
        await self.site.clock.sleep(10)
        for _ in range(kills):
            await self.site.clock.sleep(self.chance.uniform(0.5, 5))
            await self.once()
        await self.crowd.finish()
        await self.quiet()

    async def once(self) -> None:
        """One death and one birth."""
        site, clock = self.site, self.site.clock
        listening = [
            visit for visit in self.crowd.visits if visit.phase == "ivr" and not visit.story
        ]
        killed = clock.seconds()
        where = self.crowd.now
        site.core.kill()
        await clock.sleep(self.chance.choice(DOWN_S))
        site.core.start()
        started = await site.core.up()
        took = await in_step(site)
        self.in_step.append(took)
        self.gaps.append((killed - 0.5, clock.seconds() + 0.5))
        back = clock.seconds()
        for visit in listening:
            await self.hears_again(visit, back)
        if STRICT:  # nor may anybody fall silent later
            await clock.sleep(max(0.0, killed + HEARS_S - clock.seconds()))
        silent = [self.silence(visit, killed) for visit in listening]
        self.silences += silent
        print(f"{where} up {started:.2f} in step {took:.2f} silent {max(silent, default=0):.2f}")

    async def hears_again(self, visit: Visit, since: float) -> None:
        call = visit.call

        def hears() -> bool:
            return call.ended_at is not None or bool(call.rtp.ear.loud(since, LOUD))

        await until(self.site.clock, hears, PATIENCE_S, f"{visit.number} hears something again")

    def silence(self, visit: Visit, killed: float) -> float:
        end = min(self.site.clock.seconds(), visit.call.ended_at or math.inf)
        return longest_silence(visit.call, killed, end)

    async def quiet(self) -> None:
        """All over, also the agents' wrap-up."""
        await in_step(self.site)

        async def calls() -> int:
            return len((await self.site.core.ask("status"))["calls"])

        end = self.site.clock.seconds() + 2 * PATIENCE_S
        while await calls():
            assert self.site.clock.seconds() < end, await self.site.core.ask("status")
            await self.site.clock.sleep(0.3)


def test_the_core_is_killed_again_and_again(spin, site) -> None:
    """No call is dropped, nobody hears silence, and each call has one complete record."""
    killing = Killing(site, CALLERS, seed=1)
    spin(killing.play(KILLS), timeout=600 + 20 * KILLS)
    visits = killing.crowd.visits
    assert [visit for visit in visits if visit.dropped] == []
    records = all_records(site.db)
    wrong = [text for visit in visits for text in faults(visit, records.get(visit.number, []))]
    assert not wrong, "\n".join(wrong)
    found = [
        deviation
        for visit in visits
        for deviation in deviations(visit, records[visit.number][0], killing.gaps)
    ]
    near, far = worst(found, across_a_gap=False), worst(found, across_a_gap=True)
    print(f"{len(visits)} calls; worst with the core {near[:8]}\nand without {far[:8]}")
    assert max(killing.in_step) <= IN_STEP_S
    assert max(killing.silences) <= SILENT_S
    assert abs(near[0].seconds) <= NEAR_S
    assert abs(far[0].seconds) <= FAR_S
