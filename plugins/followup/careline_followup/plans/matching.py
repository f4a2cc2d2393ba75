"""Which plans fit a case; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from careline_followup.cases.model import Case, CaseKind
from careline_followup.plans.model import Plan, PlanKind


def plans_for(plans: Iterable[Plan], case: Case) -> tuple[Plan, ...]:
    """The closest of those that fit, then those that are asked beside it; empty: none fits.

    Where a diagnosis or operation says that such patients are not followed up, nobody asks.
    """
    fitting = sorted((one for one in plans if fits(one, case)), key=_rank)
    if (never := next(filter(_never, fitting), None)) is not None:
        return (never,)
    alone = [one for one in fitting if not one.beside]
    return (*alone[:1], *(one for one in fitting if one.beside))


def fits(plan: Plan, case: Case) -> bool:
    """Whether a plan is meant for a case: each of its criteria that is not empty holds."""
    kind = CaseKind.OPERATION if plan.kind is PlanKind.BEFORE else CaseKind.DISCHARGE
    return (
        plan.enabled
        and case.kind is kind
        and _one_of(plan.campuses, case.campus)
        and _one_of(plan.departments, case.department)
        and _one_of(plan.wards, case.ward)
        and _word_of(plan.diagnoses, case.diagnosis)
        and _word_of(plan.operations, case.operation)
        and (plan.kind is not PlanKind.AFTER or bool(case.operation.strip()))
    )


def _never(plan: Plan) -> bool:
    """Whether it leaves out patients for what they have: no other plan asks them."""
    return not plan.steps and bool(plan.diagnoses or plan.operations)


def _rank(plan: Plan) -> tuple[object, ...]:
    """The closest first: by operation, disease, ward, department, campus; then by order."""
    after = plan.kind is PlanKind.AFTER or bool(plan.operations)
    close = (after, plan.diagnoses, plan.wards, plan.departments, plan.campuses)
    return (*(not one for one in close), plan.order, plan.name)


def _one_of(wanted: Sequence[str], value: str) -> bool:
    return not wanted or _plain(value) in {_plain(one) for one in wanted}


def _word_of(words: Sequence[str], text: str) -> bool:
    return not words or any(_plain(word) in _plain(text) for word in words if word.strip())


def _plain(text: str) -> str:
    return "".join(text.casefold().split())
