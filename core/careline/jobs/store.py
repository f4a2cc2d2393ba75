"""The job table, and the statements by which jobs are put, claimed with a lease, and settled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, fields, frozen
from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    Update,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from careline.clock import utc_now
from careline.errors import Conflict, NotFound
from careline.jobs.model import Job, JobRecord, JobState
from careline.storage import (
    AnyRow,
    BigId,
    EnumValue,
    Json,
    Tx,
    UTCDateTime,
    metadata,
    read_committed,
)

job_table = Table(
    "job",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("args", Json, nullable=False),
    Column("run_at", UTCDateTime, nullable=False),
    Column("dedupe_key", String(200), unique=True),
    Column("state", EnumValue(JobState), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("owner", String(80)),
    Column("lease_until", UTCDateTime),
    Column("error", Text),
    Column("created_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime),
    Index(None, "state", "run_at"),
    sqlite_autoincrement=True,  # an id is never given twice, so a late finish hits no stranger
)
c = job_table.c
ERROR_LENGTH = 2000


@frozen
class Claim:
    """What one claim brought: the jobs now leased, and when the next one falls due (or None)."""

    jobs: Sequence[JobRecord]
    next_at: datetime | None


def put(tx: Tx, job: Job, now: datetime | None = None) -> int:
    """Store ``job`` in the caller's transaction; gives its id, or that of its known duplicate."""
    now = now or utc_now()
    insert = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    stmt = (
        insert(job_table)
        .values(
            kind=job.kind,
            args=dict(job.args),
            run_at=job.run_at or now,
            dedupe_key=job.dedupe_key,
            state=JobState.WAITING,
            tries=0,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[c.dedupe_key])
        .returning(c.id)
    )
    new_id = tx.scalar(stmt)
    if new_id is None:
        new_id = tx.scalar(select(c.id).where(c.dedupe_key == job.dedupe_key))
    return int(new_id)


@read_committed
def claim(
    tx: Tx, owner: str, kinds: Collection[str], limit: int, now: datetime, lease: timedelta
) -> Claim:
    """Lease up to ``limit`` due jobs of ``kinds`` to ``owner``; also those whose lease ran out.

    SKIP LOCKED lets several workers claim side by side on PostgreSQL; SQLite has one writer.
    """
    waiting = and_(c.state == JobState.WAITING, c.run_at <= now)
    lost = and_(c.state == JobState.RUNNING, c.lease_until <= now)
    due = (
        select(c.id)
        .where(c.kind.in_(kinds), or_(waiting, lost))
        .order_by(c.run_at, c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = tx.scalars(due)
    jobs: list[JobRecord] = []
    if ids:
        taken = (
            update(job_table)
            .where(c.id.in_(ids))
            .values(state=JobState.RUNNING, owner=owner, lease_until=now + lease, tries=c.tries + 1)
            .returning(job_table)
        )
        jobs = sorted(map(_record, tx.all(taken)), key=lambda job: (job.run_at, job.id))
    return Claim(jobs, _next_at(tx, kinds))


def _next_at(tx: Tx, kinds: Collection[str]) -> datetime | None:
    first_waiting = select(func.min(c.run_at, type_=UTCDateTime())).where(
        c.kind.in_(kinds), c.state == JobState.WAITING
    )
    first_lost = select(func.min(c.lease_until, type_=UTCDateTime())).where(
        c.kind.in_(kinds), c.state == JobState.RUNNING
    )
    moments = [tx.scalar(first_waiting), tx.scalar(first_lost)]
    return min((moment for moment in moments if moment is not None), default=None)


@read_committed
def renew(tx: Tx, jobs: Collection[JobRecord], now: datetime, lease: timedelta) -> None:
    """Prolong the leases of ``jobs`` that are still their owner's."""
    for job in jobs:
        tx.execute(_held(job).values(lease_until=now + lease))


@read_committed
def finish(tx: Tx, job: JobRecord, now: datetime) -> bool:
    """Mark done; False when the lease was lost meanwhile and another worker has it."""
    return _settle(tx, job, state=JobState.DONE, finished_at=now, error=None)


@read_committed
def retry(tx: Tx, job: JobRecord, run_at: datetime, error: str, counted: bool = True) -> bool:
    """Let it wait for another try; False when the lease was lost."""
    tries = job.tries if counted else job.tries - 1
    return _settle(
        tx, job, state=JobState.WAITING, run_at=run_at, tries=tries, error=error[:ERROR_LENGTH]
    )


@read_committed
def park(tx: Tx, job: JobRecord, error: str, now: datetime) -> bool:
    """Set aside for an administrator; False when the lease was lost."""
    return _settle(tx, job, state=JobState.PARKED, finished_at=now, error=error[:ERROR_LENGTH])


def unpark(tx: Tx, job_id: int, now: datetime) -> JobRecord:
    """Give a parked job a fresh set of tries, from now; Conflict when it is not parked."""
    job = get(tx, job_id)
    if job.state is not JobState.PARKED:
        raise Conflict("job.not_parked", "Job {id} is not parked.", id=job_id)
    fresh: dict[str, Any] = {
        "state": JobState.WAITING,
        "tries": 0,
        "run_at": now,
        "finished_at": None,
    }
    tx.execute(update(job_table).where(c.id == job_id).values(**fresh))
    return evolve(job, **fresh)


def drop(tx: Tx, job_id: int) -> JobRecord:
    """Forget a parked job for good; Conflict when it is not parked."""
    job = get(tx, job_id)
    gone = tx.execute(delete(job_table).where(c.id == job_id, c.state == JobState.PARKED))
    if gone.rowcount == 0:
        raise Conflict("job.not_parked", "Job {id} is not parked.", id=job_id)
    return job


def cancel(tx: Tx, dedupe_key: str) -> bool:
    """Forget a job that waits or is parked; False when there is none, it runs, or it is done."""
    stoppable = c.state.in_([JobState.WAITING, JobState.PARKED])
    gone = tx.execute(delete(job_table).where(c.dedupe_key == dedupe_key, stoppable))
    return gone.rowcount == 1


def forget(tx: Tx, prefixes: Collection[str]) -> int:
    """Delete all jobs whose kind begins with one of ``prefixes``; gives how many."""
    kinds = [c.kind.startswith(prefix, autoescape=True) for prefix in prefixes]
    return tx.execute(delete(job_table).where(or_(*kinds))).rowcount


def get(tx: Tx, job_id: int) -> JobRecord:
    """Give one job; NotFound when it is unknown (or done and swept)."""
    row = tx.one(select(job_table).where(c.id == job_id))
    if row is None:
        raise NotFound("job.unknown", "There is no job {id}.", id=job_id)
    return _record(row)


def listing(
    tx: Tx, state: JobState | None = None, kind: str | None = None, limit: int = 100
) -> list[JobRecord]:
    """The newest jobs first, optionally of one state and kind."""
    stmt = select(job_table).order_by(c.id.desc()).limit(limit)
    if state is not None:
        stmt = stmt.where(c.state == state)
    if kind is not None:
        stmt = stmt.where(c.kind == kind)
    return [_record(row) for row in tx.all(stmt)]


def counts(tx: Tx) -> dict[JobState, int]:
    """How many jobs there are in each state."""
    found = dict.fromkeys(JobState, 0)
    for row in tx.all(select(c.state, func.count()).group_by(c.state)):
        found[row[0]] = row[1]
    return found


def sweep(tx: Tx, before: datetime) -> int:
    """Forget jobs done before ``before``, and with them their dedupe keys; gives how many."""
    old = and_(c.state == JobState.DONE, c.finished_at < before)
    return tx.execute(delete(job_table).where(old)).rowcount


def _held(job: JobRecord) -> Update:
    """Touch the row only while this very attempt holds it: owner and try number are the fence."""
    return update(job_table).where(
        c.id == job.id,
        c.state == JobState.RUNNING,
        c.owner == job.owner,
        c.tries == job.tries,
    )


def _settle(tx: Tx, job: JobRecord, **values: Any) -> bool:
    stmt = _held(job).values(owner=None, lease_until=None, **values)
    return tx.execute(stmt).rowcount == 1


def _record(row: AnyRow) -> JobRecord:
    return JobRecord(**{name: row._mapping[name] for name in NAMES})


NAMES = [attribute.name for attribute in fields(JobRecord)]
