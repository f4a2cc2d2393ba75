"""Discharges are followed up by automatic calls; two red flags are on the ward's page.

``CARELINE_FOLLOWUPS=300`` says how many, 40 of themselves.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from tests.plugins.followup.pages.house import Pages

from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.engine import run
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import Caller, kinds_by_name
from careline.ivr.prompt import Prompt
from careline.outbound.model import Outcome, Stage
from careline.outbound.store import Wanted as Calls
from careline.storage import Database
from careline.testing import run_async
from careline.testing.line import ScriptedLine
from careline_followup.ivr.part import demo_flows
from careline_followup.pages.coverage import total
from careline_followup.plans.model import Step, Way

DISCHARGES = int(os.environ.get("CARELINE_FOLLOWUPS", "40"))
EVERY = DISCHARGES // 2
CARD = "110101199003078515"
#: What each patient presses; two of them are short of breath.
WELL = ("1", "0307", "1", "1", "1", "5")
UNWELL = ("1", "0307", "3", "3", "1", "1", "2")


class Phone(ScriptedLine):
    """Nobody presses anything during a sentence that asks nothing."""

    async def play(self, prompts: Sequence[Prompt], escape: str) -> str:
        return ""


def test_all_are_asked_by_calls_and_two_need_somebody(db: Database) -> None:
    pages = Pages(db)
    site = pages.site
    site.ways(Way.AUTOMATIC, Way.AGENT, steps=(Step(days=3),))
    kinds = kinds_by_name([*CORE_KINDS, *site.plugin.ivr_nodes()])
    flows = FlowBook(clock=site.clock, kinds=kinds)
    flows.put(check_all(demo_flows(), Known(kinds=kinds)))
    first = site.clock.now().date()
    for nth in range(1, DISCHARGES + 1):
        site.stay(nth, id_card=CARD, name=f"患者{nth}")
    site.work()
    site.later(days=3)
    waiting = site.run(site.outbound.list(Calls(stages=(Stage.WAITING,)), most=1000))
    assert len(waiting) == DISCHARGES
    for nth, kept in enumerate(waiting):
        begun, decision = db.run_sync(site.outbound.claim, kept.task.key, f"hq-{nth}", "hq")
        assert begun is not None, decision
        where = flows.begin("followup", "zh").with_var("followup", kept.task.args["followup"])
        phone = Phone(UNWELL if nth % EVERY == 0 else WELL)
        run_async(run(flows, where, phone, Caller(call=f"hq-{nth}")), site.clock)
        db.run_sync(site.outbound.over, begun, Outcome.ANSWERED)
    site.work()
    seen = total(site.run(pages.s.figures.coverage(first, first)))
    assert (seen.cases, seen.covered, seen.due, seen.answered) == (DISCHARGES,) * 4
    assert (seen.flags, seen.flags_open, seen.overdue) == (2, 2, 0)
    ward = pages.get("/followup/flags").text
    assert ward.count("出院后胸闷或呼吸困难") == 2
    # Whose task is over is called by nobody: not by agents either.
    assert site.calls() == []
