"""What is kept of patients, and whether follow-up is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Table, delete, func, insert, or_, select, update

from careline.hooks import ExportPart, HealthCheck, Level, TimelineEntry
from careline.i18n import Text
from careline.storage import BigId, Tx, metadata
from careline_followup import links
from careline_followup.answers.store import answer_table
from careline_followup.cases.erased import Erased
from careline_followup.cases.inside import inside_table
from careline_followup.cases.linking import link_patient
from careline_followup.cases.model import ERASED, CaseState, Source
from careline_followup.cases.store import case_table, several
from careline_followup.flags import store as flags
from careline_followup.flags.store import flag_table
from careline_followup.lists import store as lists
from careline_followup.plans.book import PlanBook
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import OPEN, State, Task, Why
from careline_followup.tasks.moves import Moves
from careline_followup.tasks.store import attempt_table, task_table

merged_table = Table(
    "followup_merged",
    metadata,
    Column("case", BigId, primary_key=True, autoincrement=False),
    Column("gone", BigId, primary_key=True, autoincrement=False),
    Column("kept", BigId, nullable=False),
)
m, c, t, f = merged_table.c, case_table.c, task_table.c, flag_table.c
a, n = answer_table.c, attempt_table.c
LATE = timedelta(hours=1)
LATELY = timedelta(days=35)
MOST = 100
#: Wards that a check names.
NAMED = 12
#: Cases that are erased in one transaction.
BATCH = 200

FLAGS_TITLE = Text("Red flags that no ward has acknowledged")
FLAGS_REMEDY = Text("Call the ward. Check who is told of red flags there.")
POSTS_TITLE = Text("Wards in which nobody is told of red flags")
POSTS_REMEDY = Text("Say whose telephones get a message: Follow-up, Red flags, Who is told.")
BEGIN_TITLE = Text("Follow-ups that should have begun")
BEGIN_REMEDY = Text("See whether jobs of followup are parked.")
BARE_TITLE = Text("Discharges that fit no plan")
BARE_REMEDY = Text("Make a general plan that fits everybody.")
SHOWN: Mapping[State, Text] = {
    State.PLANNED: Text("Follow-up: planned"),
    State.DUE: Text("Follow-up: due"),
    State.RUNNING: Text("Follow-up: in progress"),
    State.WITH_WARD: Text("Follow-up: handed to the ward"),
    State.ANSWERED: Text("Follow-up: answered"),
    State.DECLINED: Text("Follow-up: declined"),
    State.UNREACHABLE: Text("Follow-up: not reached"),
    State.CANCELLED: Text("Follow-up: cancelled"),
}


class Keeping:
    """Cases of patients who are merged, shown, exported or erased; checks of the house."""

    def __init__(self, core: Any, plans: PlanBook, moves: Moves) -> None:
        self._core = core
        self._plans = plans
        self._moves = moves
        self._known = Erased(core.settings.home.secrets)

    async def health(self) -> Sequence[HealthCheck]:
        """Flags that were passed on or reach nobody, tasks that do not begin, cases of no plan."""
        now = self._core.clock.now()
        run = self._core.db.run
        passed, stuck = await run(flags.count_passed_on), await run(tasks.count_stuck, now - LATE)
        bare, untold = await run(_bare), await run(flags.untold_wards, now - LATELY)
        return [
            _check("followup.flags", FLAGS_TITLE, FLAGS_REMEDY, passed, Level.MAJOR),
            _check("followup.posts", POSTS_TITLE, POSTS_REMEDY, self._names(untold), Level.MAJOR),
            _check("followup.begin", BEGIN_TITLE, BEGIN_REMEDY, stuck, Level.MAJOR),
            _check("followup.bare", BARE_TITLE, BARE_REMEDY, bare, Level.MINOR),
        ]

    def _names(self, wards: Sequence[tuple[str, str]]) -> str:
        """The first wards by name, each with its campus where there are several."""
        campuses = self._core.campuses.directory.campuses
        shown = []
        for campus, ward in wards[:NAMED]:
            title = campuses[campus].title if campus in campuses else campus
            shown.append(" ".join((title, ward)).strip() if len(campuses) > 1 or not ward else ward)
        more = len(wards) - len(shown)
        return "、".join(shown) + (f" … (+{more})" if more else "")

    async def timeline(self, patient: int) -> Sequence[TimelineEntry]:
        """A patient's contacts, the newest first."""
        found: list[Task] = await self._core.db.run(tasks.of_patient, patient, MOST)
        return [self._entry(one) for one in found if one.state is not State.PLANNED]

    def _entry(self, task: Task) -> TimelineEntry:
        plan = self._plans.find(task.plan)
        return TimelineEntry(
            at=task.finished or task.changed,
            kind="followup",
            title=SHOWN[task.state].msgid,
            detail=" · ".join(filter(None, (plan.title if plan else "", task.note))),
        )

    async def export(self, patient: int) -> Sequence[ExportPart]:
        """Cases, tasks, tries, answers and flags of a patient."""
        await self._core.db.run(link_patient, patient)
        found = await self._core.db.run(_everything, patient)
        return [ExportPart(name=name, rows=tuple(rows)) for name, rows in found.items() if rows]

    async def erase(self, patient: int) -> None:
        """Keep what was done for the count of it, and nothing that says with whom."""
        await self._core.db.run(self._erase, patient)

    async def merge(self, kept: int, gone: int) -> None:
        """What was of ``gone`` is of ``kept``; told twice it is the same."""
        await self._core.db.run(_merge, kept, gone)

    async def unmerge(self, kept: int, gone: int) -> None:
        """What came from ``gone`` is of ``gone`` again."""
        await self._core.db.run(_unmerge, kept, gone)

    async def forget(self, before: datetime) -> int:
        """Erase what lies so far back of everybody, with a record or without; gives how many."""
        count = 0
        while done := await self._core.db.run(self._forget, before):
            count += done
        return count

    def _forget(self, tx: Tx, before: datetime) -> int:
        old = select(c.id).where(c.at < before, c.name != ERASED).limit(BATCH)
        cases = tx.scalars(old)
        self._blank(tx, cases, tx.scalars(select(t.id).where(t.case.in_(cases))))
        return len(cases)

    def _erase(self, tx: Tx, patient: int) -> None:
        cases = tx.scalars(select(c.id).where(c.patient == patient))
        theirs = tx.scalars(select(t.id).where(or_(t.case.in_(cases), t.patient == patient)))
        known = several(tx, cases).values()
        for case in known:
            self._known.keep(tx, case)
        lists.forget_person(tx, patient, {one.name for one in known} - {ERASED, ""})
        self._blank(tx, cases, theirs)
        tx.execute(delete(merged_table).where((m.kept == patient) | (m.gone == patient)))
        tx.execute(delete(inside_table).where(inside_table.c.patient == patient))

    def _blank(self, tx: Tx, cases: list[int], theirs: list[int]) -> None:
        for task_id in theirs:
            task = tasks.get(tx, task_id)
            if task.state in OPEN:
                self._moves.to(tx, task, State.CANCELLED, why=Why.ERASED)
        nobody = {"patient": 0, "note": ""}
        tx.execute(update(task_table).where(t.id.in_(theirs)).values(nobody))
        tx.execute(update(flag_table).where(f.task.in_(theirs)).values(nobody))
        tx.execute(update(answer_table).where(a.task.in_(theirs)).values(text=""))
        tx.execute(update(attempt_table).where(n.task.in_(theirs)).values(who="", note="", call=""))
        links.forget_tasks(tx, theirs)
        _forget_cases(tx, cases)


def _check(name: str, title: Text, remedy: Text, what: int | str, level: Level) -> HealthCheck:
    if not what:
        return HealthCheck(name=name, title=title.msgid)
    return HealthCheck(
        name=name, title=title.msgid, level=level, detail=str(what), remedy=remedy.msgid
    )


def _bare(tx: Tx) -> int:
    found = select(func.count()).select_from(case_table).where(c.state == CaseState.BARE)
    return int(tx.scalar(found))


def _forget_cases(tx: Tx, ids: list[int]) -> None:
    """A stay's own id stays, so that it is not taken in again; a visit's number says who it was."""
    blank = dict.fromkeys(("number", "id_card", "phone", "bed", "diagnosis", "operation"), "")
    values = {"patient": 0, "name": ERASED, "relatives": [], **blank}
    tx.execute(update(case_table).where(c.id.in_(ids)).values(values))
    for case_id in tx.scalars(select(c.id).where(c.id.in_(ids), c.source != Source.HIS)):
        mine = update(case_table).where(c.id == case_id)
        tx.execute(mine.values(reference=f"erased-{case_id}"))


def _give(tx: Tx, cases: list[int], patient: int) -> None:
    tx.execute(update(case_table).where(c.id.in_(cases)).values(patient=patient))
    tx.execute(update(task_table).where(t.case.in_(cases)).values(patient=patient))
    tx.execute(update(flag_table).where(f.case.in_(cases)).values(patient=patient))


def _merge(tx: Tx, kept: int, gone: int) -> None:
    ids = tx.scalars(select(c.id).where(c.patient == gone))
    if ids:
        tx.execute(delete(merged_table).where(m.case.in_(ids), m.gone == gone))
        tx.execute(insert(merged_table), [{"case": i, "gone": gone, "kept": kept} for i in ids])
        _give(tx, ids, kept)
    lying = update(inside_table).where(inside_table.c.patient == gone)
    tx.execute(lying.values(patient=kept))
    lists.give(tx, gone, kept)


def _unmerge(tx: Tx, kept: int, gone: int) -> None:
    _give(tx, tx.scalars(select(m.case).where(m.gone == gone, m.kept == kept)), gone)
    tx.execute(delete(merged_table).where(m.gone == gone, m.kept == kept))


def _everything(tx: Tx, patient: int) -> dict[str, list[dict[str, Any]]]:
    cases = tx.scalars(select(c.id).where(c.patient == patient))
    theirs = tx.scalars(select(t.id).where(t.case.in_(cases)))
    found = {
        "followup_cases": select(case_table).where(c.id.in_(cases)),
        "followup_tasks": select(task_table).where(t.id.in_(theirs)),
        "followup_attempts": select(attempt_table).where(n.task.in_(theirs)),
        "followup_answers": select(answer_table).where(a.task.in_(theirs)),
        "followup_flags": select(flag_table).where(f.task.in_(theirs)),
    }
    return {name: [_plain(row._mapping) for row in tx.all(one)] for name, one in found.items()}


def _plain(values: Any) -> dict[str, Any]:
    return {key: _word(value) for key, value in values.items()}


def _word(value: Any) -> Any:
    if isinstance(value, int | str | list) or value is None:
        return value
    return str(getattr(value, "value", value))
