"""Who may see which follow-ups: those of one's campuses, and one's own."""

from __future__ import annotations

from typing import Any

from careline.auth.model import NOBODY, Subject
from careline.errors import NotFound, Refused
from careline.web import Visit
from careline_followup.flags.model import Flag
from careline_followup.plans.model import Plan
from careline_followup.tasks.model import State, Task

VIEW, WORK, WARD = "followup.view", "followup.work", "followup.ward"
CANCEL, EDIT, REPORT = "followup.cancel", "followup.edit", "followup.report"
#: No campus has this name: nothing is found.
NOWHERE = ("-",)


def campuses_seen(core: Any, visit: Visit, permission: str) -> tuple[str, ...]:
    """Campuses whose follow-ups a visitor sees with ``permission``; empty is all of them.

    Who has no campus sees those of a house that has only one, and else their own alone.
    """
    if visit.may(permission, NOBODY):
        return ()
    there = tuple(core.campuses.directory.campuses)
    seen = {one for one in there if visit.may(permission, Subject(campus=one))}
    if visit.may(permission):  # work that is anybody's: patients are not an agent's own
        home = visit.user.campus or (there[0] if len(there) == 1 else "")
        seen |= {home} if home else set()
    return tuple(sorted(seen)) or NOWHERE


def sees_task(core: Any, visit: Visit, task: Task, permission: str = VIEW) -> bool:
    """Whether the visitor may see a task: of a campus of theirs, or their own."""
    seen = campuses_seen(core, visit, permission)
    mine = bool(task.agent) and task.agent == visit.user.agent and visit.may(permission)
    return not seen or task.campus in seen or mine


def need_task(core: Any, visit: Visit, task: Task, permission: str = VIEW) -> Task:
    """The task, if the visitor may see it; NotFound as if there was none."""
    if sees_task(core, visit, task, permission):
        return task
    raise NotFound("followup.no_task", "There is no such follow-up.")


def asks(visit: Visit, task: Task, in_call: bool) -> bool:
    """Whether the visitor may write answers down now, which nobody does by a stray key.

    Who is in the call, whose task it is, the ward of what is the ward's, and leaders.
    """
    if not visit.may(WORK):
        return False
    mine = bool(task.agent) and task.agent in (visit.user.agent, visit.user.login)
    ward = task.state is State.WITH_WARD and visit.may(WARD)
    return in_call or mine or ward or visit.may(CANCEL)


def need_flag(core: Any, visit: Visit, flag: Flag) -> Flag:
    """The flag, if the visitor looks after its campus; NotFound as if there was none."""
    seen = campuses_seen(core, visit, WARD)
    if not seen or flag.campus in seen:
        return flag
    raise NotFound("followup.no_flag", "There is no such red flag.")


def need_plan(core: Any, visit: Visit, plan: Plan) -> None:
    """Go on only for a plan that asks patients of the visitor's campuses alone."""
    seen = campuses_seen(core, visit, EDIT)
    asked = set(plan.campuses or core.campuses.directory.campuses)
    if seen and not asked <= set(seen):
        raise Refused("followup.plan_scope", "This plan asks patients of other campuses too.")


def need_campus(core: Any, visit: Visit, campus: str, permission: str) -> None:
    """Go on only for a campus of the visitor's; NotFound as if there was none."""
    core.campuses.campus(campus)
    seen = campuses_seen(core, visit, permission)
    if seen and campus not in seen:
        raise NotFound("campus.unknown", "there is no campus {campus}", campus=campus)
