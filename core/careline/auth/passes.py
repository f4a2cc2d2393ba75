"""Sessions and one-time links in the database: of each token only its hash."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from careline.auth.links import Link
from careline.auth.sessions import SessionGone, StoredSession
from careline.auth.store import link_table, session_table
from careline.storage import Tx


def list_sessions(tx: Tx) -> list[StoredSession]:
    """All sessions that an earlier core left."""
    return [
        StoredSession(
            id=row.id,
            token_hash=row.token_hash,
            user=row.account_id,
            epoch=row.epoch,
            began=row.began,
            seen=row.seen,
            locked=row.locked,
            address=row.address,
            browser=row.browser,
        )
        for row in tx.all(select(session_table))
    ]


def write_session(tx: Tx, change: StoredSession | SessionGone) -> None:
    """Store a session as it is now, or that it is gone; safe to repeat."""
    where = session_table.c.id == change.id
    if isinstance(change, SessionGone):
        tx.execute(delete(session_table).where(where))
        return
    state = {"seen": change.seen, "locked": change.locked}
    if tx.execute(update(session_table).where(where).values(**state)).rowcount == 0:
        tx.execute(
            insert(session_table).values(
                id=change.id,
                token_hash=change.token_hash,
                account_id=change.user,
                epoch=change.epoch,
                began=change.began,
                address=change.address,
                browser=change.browser,
                **state,
            )
        )


def add_link(tx: Tx, link: Link) -> None:
    """Store a one-time link; earlier ones of the account do not lead anywhere any more."""
    tx.execute(delete(link_table).where(link_table.c.account_id == link.user))
    tx.execute(
        insert(link_table).values(
            token_hash=link.token_hash,
            account_id=link.user,
            kind=link.kind,
            expires=link.expires,
        )
    )


def drop_links(tx: Tx, user: int) -> None:
    """Forget all links of an account."""
    tx.execute(delete(link_table).where(link_table.c.account_id == user))


def find_link(tx: Tx, token_hash: str) -> Link | None:
    """A link that was made and not used yet, expired or not."""
    row = tx.one(
        select(link_table).where(link_table.c.token_hash == token_hash, link_table.c.used.is_(None))
    )
    if row is None:
        return None
    return Link(token_hash=row.token_hash, user=row.account_id, kind=row.kind, expires=row.expires)


def use_link(tx: Tx, token_hash: str, now: datetime) -> bool:
    """Use a link up; False when somebody was first or it has expired."""
    done = tx.execute(
        update(link_table)
        .where(
            link_table.c.token_hash == token_hash,
            link_table.c.used.is_(None),
            link_table.c.expires > now,
        )
        .values(used=now)
    )
    return done.rowcount == 1
