"""The job table: put with the caller's transaction, leased, fenced, settled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from careline.errors import Conflict, NotFound, Refused
from careline.jobs import Job, JobRecord, JobState, store
from careline.storage import Database, Tx

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def put(db: Database, kind: str = "k", **values: object) -> int:
    return db.run_sync(store.put, Job(kind, **values), NOW)  # type: ignore[arg-type]


def claim(
    db: Database, now: datetime = NOW, owner: str = "w", limit: int = 10, kind: str = "k"
) -> list[JobRecord]:
    return list(db.run_sync(store.claim, owner, [kind], limit, now, LEASE).jobs)


def test_a_job_is_claimed_with_all_it_was_put_with(db: Database) -> None:
    job_id = put(db, args={"姓名": "李", "n": [1, 2]})
    (job,) = claim(db)
    assert (job.id, job.kind, job.args, job.tries) == (job_id, "k", {"姓名": "李", "n": [1, 2]}, 1)
    assert (job.state, job.owner, job.lease_until) == (JobState.RUNNING, "w", NOW + LEASE)


def test_a_leased_job_is_claimed_by_nobody_else(db: Database) -> None:
    put(db)
    assert len(claim(db)) == 1
    assert claim(db, owner="other") == []


def test_a_lost_lease_is_taken_over(db: Database) -> None:
    put(db)
    claim(db)
    assert claim(db, NOW + LEASE - SECOND, "other") == []
    (job,) = claim(db, NOW + LEASE, "other")
    assert (job.owner, job.tries) == ("other", 2)


def test_a_renewed_lease_is_kept(db: Database) -> None:
    put(db)
    jobs = claim(db)
    db.run_sync(store.renew, jobs, NOW + 20 * SECOND, LEASE)
    assert claim(db, NOW + LEASE, "other") == []


def test_jobs_wait_for_their_time_in_any_zone(db: Database) -> None:
    shanghai = timezone(timedelta(hours=8))
    put(db, run_at=(NOW + SECOND).astimezone(shanghai))
    assert claim(db) == []
    assert db.run_sync(store.claim, "w", ["k"], 1, NOW, LEASE).next_at == NOW + SECOND
    assert len(claim(db, NOW + SECOND)) == 1


def test_the_longest_due_come_first_and_no_more_than_asked(db: Database) -> None:
    late, early = put(db, run_at=NOW - SECOND), put(db, run_at=NOW - 2 * SECOND)
    last = put(db)
    assert [job.id for job in claim(db, limit=2)] == [early, late]
    assert [job.id for job in claim(db, limit=2)] == [last]


def test_kinds_without_a_handler_are_left_alone(db: Database) -> None:
    put(db, "theirs")
    assert claim(db) == []
    assert db.run_sync(store.claim, "w", ["k"], 1, NOW, LEASE).next_at is None


def test_the_end_of_somebody_elses_lease_is_worth_waking_for(db: Database) -> None:
    put(db)
    claim(db)
    assert db.run_sync(store.claim, "x", ["k"], 1, NOW, LEASE).next_at == NOW + LEASE


def test_a_duplicate_changes_nothing(db: Database) -> None:
    first = put(db, args={"n": 1}, dedupe_key="key")
    assert put(db, args={"n": 2}, dedupe_key="key") == first
    (job,) = claim(db)
    assert job.args == {"n": 1}
    db.run_sync(store.finish, job, NOW)
    assert put(db, dedupe_key="key") == first
    assert claim(db) == []


def test_without_a_key_there_are_no_duplicates(db: Database) -> None:
    assert put(db) != put(db)


def test_a_job_goes_with_its_transaction(db: Database) -> None:
    def put_then_fail(tx: Tx) -> None:
        store.put(tx, Job("k"), NOW)
        raise Refused("no", "no")

    with pytest.raises(Refused):
        db.run_sync(put_then_fail)
    assert db.run_sync(store.listing) == []


def test_a_finished_job_is_done(db: Database) -> None:
    put(db)
    (job,) = claim(db)
    assert db.run_sync(store.finish, job, NOW)
    done = db.run_sync(store.get, job.id)
    assert (done.state, done.owner, done.finished_at) == (JobState.DONE, None, NOW)
    assert claim(db, NOW + 10 * LEASE) == []


def test_who_lost_the_lease_cannot_settle(db: Database) -> None:
    put(db)
    (mine,) = claim(db)
    (theirs,) = claim(db, NOW + LEASE, "other")
    assert not db.run_sync(store.finish, mine, NOW)
    assert not db.run_sync(store.retry, mine, NOW, "x")
    assert not db.run_sync(store.park, mine, "x", NOW)
    assert db.run_sync(store.get, mine.id) == theirs
    assert db.run_sync(store.finish, theirs, NOW)


def test_an_earlier_try_of_the_same_worker_cannot_settle_the_later(db: Database) -> None:
    put(db)
    (first,) = claim(db)
    (second,) = claim(db, NOW + LEASE)
    assert second.owner == first.owner
    assert not db.run_sync(store.finish, first, NOW)


def test_a_retried_job_comes_back_at_its_time_with_its_error(db: Database) -> None:
    put(db)
    (job,) = claim(db)
    db.run_sync(store.retry, job, NOW + SECOND, "OSError: away")
    assert claim(db) == []
    (again,) = claim(db, NOW + SECOND)
    assert (again.tries, again.error) == (2, "OSError: away")


def test_an_uncounted_retry_gives_the_try_back(db: Database) -> None:
    put(db)
    (job,) = claim(db)
    db.run_sync(store.retry, job, NOW, "stopped", False)
    assert claim(db)[0].tries == 1


def test_a_parked_job_waits_for_somebody(db: Database) -> None:
    put(db)
    (job,) = claim(db)
    db.run_sync(store.park, job, "Invalid: number", NOW)
    assert claim(db, NOW + 10 * LEASE) == []
    (parked,) = db.run_sync(store.listing, JobState.PARKED)
    assert parked.error == "Invalid: number"
    db.run_sync(store.unpark, job.id, NOW)
    assert claim(db)[0].tries == 1


def test_only_parked_jobs_are_unparked(db: Database) -> None:
    job_id = put(db)
    with pytest.raises(Conflict):
        db.run_sync(store.unpark, job_id, NOW)
    with pytest.raises(NotFound):
        db.run_sync(store.unpark, 9999, NOW)


def test_only_parked_jobs_are_dropped(db: Database) -> None:
    job_id = put(db)
    with pytest.raises(Conflict):
        db.run_sync(store.drop, job_id)
    (job,) = claim(db)
    with pytest.raises(Conflict):
        db.run_sync(store.drop, job_id)
    db.run_sync(store.park, job, "x", NOW)
    assert db.run_sync(store.drop, job_id).id == job_id
    with pytest.raises(NotFound):
        db.run_sync(store.drop, job_id)


def test_a_waiting_job_is_cancelled_by_its_key_and_a_running_one_is_not(db: Database) -> None:
    put(db, dedupe_key="a")
    assert db.run_sync(store.cancel, "a")
    assert not db.run_sync(store.cancel, "a")
    put(db, dedupe_key="b")
    claim(db)
    assert not db.run_sync(store.cancel, "b")


def test_sweeping_forgets_only_what_was_done_long_ago(db: Database) -> None:
    for _ in range(3):
        put(db)
    done, recent, parked = claim(db)
    db.run_sync(store.finish, done, NOW)
    db.run_sync(store.finish, recent, NOW + SECOND)
    db.run_sync(store.park, parked, "x", NOW)
    assert db.run_sync(store.sweep, NOW + SECOND) == 1
    assert {job.id for job in db.run_sync(store.listing)} == {recent.id, parked.id}


def test_counts_and_listing_say_what_there_is(db: Database) -> None:
    put(db, "a")
    put(db, "b")
    claim(db, kind="a")
    counts = db.run_sync(store.counts)
    assert counts[JobState.WAITING] == counts[JobState.RUNNING] == 1
    assert [job.kind for job in db.run_sync(store.listing, None, "b")] == ["b"]
