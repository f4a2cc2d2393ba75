"""Senders take turns at the queue: claims and settles of all processes follow each other.

They read and write the same ends of the same indexes, so that serializable transactions side by
side undo each other: several senders, and even the claims and settles of a single one, got less
done together than one by one. SQLite has one writer anyway.
"""

from __future__ import annotations

from sqlalchemy import text

from careline.storage import Tx

# Neither takes a snapshot: what is read once the turn has come is what the one before left behind
# (https://www.postgresql.org/docs/current/sql-lock.html). The mode stands only in its own way,
# and in that of a VACUUM: beats go on.
_TURN = text("LOCK TABLE sms_sender IN SHARE UPDATE EXCLUSIVE MODE")
# A killed process gives its turn back at once; one whose machine has lost its power, after this.
_AT_MOST = text("SET LOCAL idle_in_transaction_session_timeout = '20s'")


def wait_for_turn(tx: Tx) -> None:
    """To be called before anything is read in ``tx``, whose end gives the turn to the next."""
    if tx.dialect == "postgresql":
        tx.execute(_AT_MOST)
        tx.execute(_TURN)
