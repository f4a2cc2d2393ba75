"""Work that must happen after a commit, later, or again: kept in the caller's own transaction.

``outbox.put(tx, Job("sms.send", {"id": 7}))`` is written with the business row or not at all; a
Worker then does it at least once, so what it calls must be idempotent.
"""

from careline.jobs.model import Job, JobRecord, JobState, Park, Postpone, RetryPolicy, Work
from careline.jobs.outbox import Outbox
from careline.jobs.schedule import Scheduler
from careline.jobs.service import Worker

__all__ = [
    "Job",
    "JobRecord",
    "JobState",
    "Outbox",
    "Park",
    "Postpone",
    "RetryPolicy",
    "Scheduler",
    "Work",
    "Worker",
]
