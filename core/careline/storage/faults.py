"""What a database error means for the one who asked: try again, come back later, or a bug."""

from __future__ import annotations

import sqlite3
from enum import Enum

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from careline.errors import Unavailable


class Fault(Enum):
    """Kinds of database trouble; the value is the code of the Unavailable it becomes."""

    CONFLICT = "db.busy"
    AWAY = "db.away"
    FILE = "db.file"
    SLOW = "db.slow"
    FULL = "db.full"
    READONLY = "db.readonly"
    BROKEN = "db.broken"


MESSAGES = {
    Fault.CONFLICT: "The database is busy: another program holds it. Try again. ({detail})",
    Fault.AWAY: "The database does not answer. Is it running, and is its address right? ({detail})",
    Fault.FILE: "The database file cannot be opened, read or written. Is its folder there, has its"
    " disk room, and may this user write there? ({detail})",
    Fault.SLOW: "The database took too long and the request was taken back. ({detail})",
    Fault.FULL: "The database's disk is full. Make room, then try again. ({detail})",
    Fault.READONLY: "The database may not be written. Check the file's owner. ({detail})",
    Fault.BROKEN: "The database file is damaged. Restore a backup. ({detail})",
}
#: All that the driver and SQLAlchemy raise; psycopg's own arrive wrapped.
DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error)
# Error codes: https://www.sqlite.org/rescode.html (primary codes), PostgreSQL manual appendix A.
SQLITE = {
    5: Fault.CONFLICT,
    6: Fault.CONFLICT,
    8: Fault.READONLY,
    9: Fault.SLOW,
    10: Fault.FILE,
    11: Fault.BROKEN,
    13: Fault.FULL,
    14: Fault.FILE,
    26: Fault.BROKEN,
}
POSTGRESQL = {
    "40001": Fault.CONFLICT,
    "40P01": Fault.CONFLICT,
    "55P03": Fault.CONFLICT,
    "53100": Fault.FULL,
    "25P03": Fault.SLOW,  # idle in its transaction for too long
    "57014": Fault.SLOW,
    "25006": Fault.READONLY,
    "3D000": Fault.AWAY,
}
POSTGRESQL_CLASSES = {"08": Fault.AWAY, "28": Fault.AWAY, "53": Fault.AWAY, "57": Fault.AWAY}


def classify(error: BaseException) -> Fault | None:
    """Tell the fault, or None when the error is the program's own (a constraint, bad SQL)."""
    if isinstance(error, PoolTimeout):
        return Fault.AWAY
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return POSTGRESQL.get(state) or POSTGRESQL_CLASSES.get(state[:2])
    # psycopg gives no SQLSTATE when there is no server to give one.
    if type(cause).__name__ == "OperationalError" or was_cut(error):
        return Fault.AWAY
    return None


def was_cut(error: BaseException) -> bool:
    """True when the connection broke, so that a pooled connection may simply have been stale."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def unavailable(fault: Fault, error: BaseException) -> Unavailable:
    """Build the error for callers, with the driver's first line as detail."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    detail = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    return Unavailable(fault.value, MESSAGES[fault], detail=detail)


def retry_pause(fault: Fault, attempt: int, cut: bool, chance: float) -> float | None:
    """Seconds to wait before the next attempt, or None to give up.

    ``attempt`` counts from 1, ``chance`` is a random number 0..1: conflicts wait 5 ms, 10 ms ...
    0.5 s with jitter for as long as the deadline allows; a stale connection is tried once more.
    """
    if fault is Fault.CONFLICT:
        return min(0.5, 0.005 * 2.0 ** min(attempt, 10)) * (0.5 + chance / 2)
    if fault is Fault.AWAY and cut and attempt == 1:
        return 0.0
    return None
