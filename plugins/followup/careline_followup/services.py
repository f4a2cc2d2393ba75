"""The plugin's services, built once and handed to its parts."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.surveys.book import SurveyBook
from careline_followup.answers.service import Answers
from careline_followup.cases.erased import Erased
from careline_followup.cases.intake import Intake
from careline_followup.cases.service import Cases
from careline_followup.config import FollowupConfig
from careline_followup.figures.service import Figures
from careline_followup.flags.leaders import Leaders
from careline_followup.flags.service import Flags
from careline_followup.links import Links
from careline_followup.lists.service import Lists
from careline_followup.plans.book import PlanBook
from careline_followup.tasks.moves import Moves
from careline_followup.tasks.service import Tasks
from careline_followup.tasks.settling import Settling
from careline_followup.tasks.ways import Ways

OWNER = "followup"


@frozen(kw_only=True)
class Services:
    """What the parts work with; ``core`` is a ``careline.plugins.Core``.

    ``moves``, ``ways`` and ``settling`` are for jobs and hooks; pages use the others.
    """

    core: Any
    config: FollowupConfig
    surveys: SurveyBook
    plans: PlanBook
    cases: Cases
    lists: Lists
    tasks: Tasks
    answers: Answers
    flags: Flags
    leaders: Leaders
    figures: Figures
    links: Links
    moves: Moves
    ways: Ways
    settling: Settling


def build(core: Any, config: FollowupConfig) -> Services:
    """Everything, by constructor arguments."""
    surveys = SurveyBook(core.db, core.clock, OWNER)
    moves = Moves(core)
    ways = Ways(core, config, moves)
    flags = Flags(core, config)
    links = Links(core, config)
    intake = Intake(core, config, moves, Erased(core.settings.home.secrets))
    return Services(
        core=core,
        config=config,
        surveys=surveys,
        plans=PlanBook(core, surveys),
        cases=Cases(core, config, intake),
        lists=Lists(core, intake),
        tasks=Tasks(core, moves, ways),
        answers=Answers(core, surveys, moves, ways, flags),
        flags=flags,
        leaders=Leaders(core),
        figures=Figures(core),
        links=links,
        moves=moves,
        ways=ways,
        settling=Settling(core, moves, ways, links),
    )
