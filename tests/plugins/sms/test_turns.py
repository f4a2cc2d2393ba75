"""Processes that send with one PostgreSQL: none has to do again what another one did meanwhile."""

from __future__ import annotations

from threading import Thread

import pytest
from attrs import evolve
from sqlalchemy import text
from tests.plugins.sms.site import Site

from careline.storage import Database, Tx
from careline_sms.sending import beats

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.mark.integration
@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
def test_who_claims_while_another_one_does_waits_for_the_rest(db: Database) -> None:
    site = Site(db, "a")
    sender = site.plugin.sender
    offers = [evolve(one, room=2) for one in sender._lines.offers()]
    for number in range(4):
        site.put(f"k{number}", to=f"+861380000{number:04}")
    for owner in ("first", "second"):
        db.run_sync(beats.begin, owner)
    tries: list[str] = []
    claimed: dict[str, list[str]] = {}

    def claim(tx: Tx, owner: str) -> None:
        tries.append(owner)
        found = sender._claiming.claim(tx, owner, offers, site.now())
        claimed[owner] = [one.key for one in found.messages]

    second = Thread(target=db.run_sync, args=(claim, "second"))

    def first(tx: Tx) -> None:
        claim(tx, "first")
        if second.ident is None:
            second.start()
        while second.is_alive() and not tx.scalar(WAITING):
            second.join(0.01)

    db.run_sync(first)
    second.join()
    assert tries == ["first", "second"]
    assert claimed == {"first": ["k0", "k1"], "second": ["k2", "k3"]}
