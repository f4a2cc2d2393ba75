"""The plans and questionnaires that are shipped; from then on they are the hospital's."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files

from careline.storage import Tx
from careline.surveys import store as surveys
from careline.surveys.document import from_document as survey_of
from careline.surveys.model import Survey
from careline_followup.plans import store as plans
from careline_followup.plans.document import from_document as plan_of
from careline_followup.plans.model import Plan

DATA = files("careline_followup") / "data"
OWNER = "followup"
BY = "careline"


@cache
def questionnaires() -> tuple[Survey, ...]:
    """The first version of each."""
    found = []
    for file in sorted((DATA / "questionnaires").iterdir(), key=lambda one: one.name):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        found.append(survey_of(data.pop("name"), 1, data))
    return tuple(found)


@cache
def starter_plans() -> tuple[Plan, ...]:
    """All of them."""
    data = tomllib.loads((DATA / "plans.toml").read_text(encoding="utf-8"))
    return tuple(plan_of(name, one) for name, one in data.items())


def put_starters(tx: Tx, now: datetime) -> bool:
    """Store both in a house that has never had a plan; False when it has."""
    if plans.any_plan(tx):
        return False
    for survey in questionnaires():
        surveys.ship(tx, OWNER, survey, BY, now)
    for plan in starter_plans():
        plans.put(tx, plan, BY, now)
    return True
