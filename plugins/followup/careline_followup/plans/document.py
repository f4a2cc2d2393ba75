"""A plan as plain data, as it is stored and shipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from careline_followup.plans.model import Last, Plan, PlanKind, Step, Way

LISTS = ("campuses", "departments", "wards", "diagnoses", "operations")
WORDS = ("title", "title_en", "questionnaire", "flow", "queue")
FIGURES = ("message_hours", "flag_minutes", "beside", "enabled", "order")


def to_document(plan: Plan) -> dict[str, Any]:
    """Everything but its name, which is stored beside it."""
    return {
        "kind": plan.kind.value,
        "steps": [{"days": one.days, "keep_days": one.keep_days} for one in plan.steps],
        "ways": [way.value for way in plan.ways],
        "last": plan.last.value,
        **{name: list(getattr(plan, name)) for name in LISTS},
        **{name: getattr(plan, name) for name in (*WORDS, *FIGURES)},
    }


def from_document(name: str, data: Mapping[str, Any]) -> Plan:
    """The plan again; KeyError, TypeError or ValueError when the data is not one."""
    plain: dict[str, Any] = {key: data[key] for key in (*WORDS, *FIGURES) if key in data}
    plain |= {key: tuple(data.get(key, ())) for key in LISTS}
    return Plan(
        name=name,
        kind=PlanKind(data.get("kind", "general")),
        steps=tuple(Step(**one) for one in data.get("steps", ())),
        ways=tuple(Way(one) for one in data.get("ways", ("automatic", "agent"))),
        last=Last(data.get("last", "unreachable")),
        **plain,
    )
