"""Who comes in and who does not: passwords, throttle, sessions and their ends."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.support.door import HERE, PASSWORD, Door

from careline.auth import people, store
from careline.auth.entrance import From
from careline.auth.links import hash_token
from careline.errors import Refused
from careline.testing import run_async


def refused(door: Door, password: str = "wrong", origin: From = HERE, login: str = "zhang") -> str:
    with pytest.raises(Refused) as caught:
        run_async(door.entrance.sign_in(login, password, origin))
    return caught.value.code


def test_the_right_password_opens_and_the_wrong_one_does_not(door: Door) -> None:
    door.user()
    assert refused(door) == "auth.wrong"
    entered = door.enter(" ZHANG ")
    assert entered.signed.user.login == "zhang"
    assert door.inside(entered.token)
    assert not door.inside("")
    assert not door.inside(entered.signed.id)
    assert not door.inside(hash_token(entered.token))


def test_unknown_disabled_and_passwordless_accounts_cost_a_hash_and_say_the_same(
    door: Door,
) -> None:
    door.user()
    door.user("li", password="")
    gone = door.user("wu")
    run_async(door.auth.change(people.change_user, evolve(gone, active=False)))
    run_async(door.entrance.prepare())
    said = set()
    for login in ("nobody", "li", "wu"):
        door.hashed.clear()
        said.add(refused(door, PASSWORD, login=login))
        assert door.hashed == ["_verify"], login
    assert said == {"auth.wrong"}
    assert refused(door, "", login="li") == "auth.wrong"


def test_every_sign_in_has_a_token_of_its_own(door: Door) -> None:
    door.user()
    one, other = door.enter(), door.enter()
    assert one.token != other.token
    assert one.signed.id != other.signed.id
    assert door.inside(one.token)
    assert door.inside(other.token)


def test_the_database_keeps_no_token_and_no_password(door: Door) -> None:
    door.user()
    entered = door.enter()
    tables = (store.account_table, store.session_table)
    rows = door.db.run_sync(
        lambda tx: [str(row._mapping) for table in tables for row in tx.all(table.select())]
    )
    assert rows
    assert not any(entered.token in row or PASSWORD in row for row in rows)
