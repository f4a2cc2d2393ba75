"""What is wrong with a plan before anybody is followed up by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from careline.errors import Invalid
from careline_followup.plans.model import Plan, PlanKind, Way


def check(plan: Plan, questionnaires: Collection[str]) -> None:
    """Pass, or raise Invalid with every problem; ``questionnaires`` are the published ones."""
    problems = list(problems_of(plan, questionnaires))
    if problems:
        raise Invalid("followup.plan", "The plan cannot be used:", problems=problems)


def problems_of(plan: Plan, questionnaires: Collection[str]) -> Iterator[Invalid]:
    """Every problem."""
    days = [one.days for one in plan.steps]
    if days != sorted(set(days)):
        yield Invalid("followup.steps", "The days must rise from one contact to the next.")
    if plan.kind is PlanKind.BEFORE and any(one >= 0 for one in days):
        yield Invalid("followup.before", "Before an operation the days are less than 0.")
    if plan.kind is not PlanKind.BEFORE and any(one < 0 for one in days):
        yield Invalid("followup.after", "After a discharge the days are 0 or more.")
    if plan.steps and plan.questionnaire not in questionnaires:
        yield Invalid("followup.questionnaire", "Please choose a published questionnaire.")
    if plan.steps and not plan.ways:
        yield Invalid("followup.ways", "Please choose at least one way.")
    if len(set(plan.ways)) < len(plan.ways) or Way.WARD in plan.ways:
        yield Invalid("followup.ways", "Each way counts once, and the ward is none of them.")
