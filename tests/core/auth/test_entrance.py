"""Who comes in and who does not: passwords, and how guessing is slowed down."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from attrs import evolve
from tests.support.door import ELSEWHERE, HERE, PASSWORD, Door, both
from twisted.internet.defer import Deferred

from careline.auth import people, store
from careline.auth.entrance import From
from careline.auth.links import hash_token
from careline.errors import Refused
from careline.testing import run_async


def refused(door: Door, password: str = "wrong", origin: From = HERE, login: str = "zhang") -> str:
    with pytest.raises(Refused) as caught:
        run_async(door.entrance.sign_in(login, password, origin))
    return caught.value.code


@both
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
    for guess in ("", "nobody has this password"):  # what the hash of nobody was made of
        assert refused(door, guess, login="li", origin=ELSEWHERE) == "auth.wrong"


def test_every_sign_in_has_a_token_of_its_own(door: Door) -> None:
    door.user()
    one, other = door.enter(), door.enter()
    assert one.token != other.token
    assert one.signed.id != other.signed.id
    assert door.inside(one.token)
    assert door.inside(other.token)


@both
def test_the_database_keeps_no_token_and_no_password(door: Door) -> None:
    door.user()
    entered = door.enter()
    tables = (store.account_table, store.session_table)
    rows = door.db.run_sync(
        lambda tx: [str(row._mapping) for table in tables for row in tx.all(table.select())]
    )
    assert rows
    assert not any(entered.token in row or PASSWORD in row for row in rows)


def test_after_five_tries_one_waits_and_is_told_how_long(door: Door) -> None:
    door.user()
    codes = [refused(door) for _ in range(7)]
    assert codes == ["auth.wrong"] * 5 + ["auth.wait"] * 2
    with pytest.raises(Refused) as caught:
        run_async(door.entrance.sign_in("zhang", PASSWORD, HERE))
    assert "wait 5 seconds" in str(caught.value)
    door.fake.advance(5)
    assert refused(door) == "auth.wrong"
    door.fake.advance(5)
    assert refused(door) == "auth.wait"
    door.fake.advance(5)
    assert door.enter().signed.user.login == "zhang"


def test_many_logins_from_one_place_wait_too(door: Door) -> None:
    codes = [refused(door, login=f"user{number}") for number in range(6)]
    assert codes[-1] == "auth.wait"
    assert refused(door, login="other", origin=ELSEWHERE) == "auth.wrong"


@both
def test_one_login_from_many_places_waits_but_its_owner_comes_in(door: Door) -> None:
    door.user()
    door.enter()  # from HERE: that address is known from now on
    codes = [refused(door, origin=From(f"198.51.100.{number}")) for number in range(8)]
    assert codes[5:] == ["auth.wait"] * 3
    assert door.enter().signed.user.login == "zhang"
    door.again()  # known addresses outlive a restart
    for number in range(8):
        refused(door, origin=From(f"198.51.100.{number}"))
    assert door.enter().signed.user.login == "zhang"


def test_an_account_of_ones_own_buys_no_further_guesses(door: Door) -> None:
    door.user()
    door.user("thief")
    codes = []
    for number in range(8):  # another account each time: what counts is the address
        codes.append(refused(door, login=f"user{number}", origin=ELSEWHERE))
        if number < 3:
            door.enter("thief", origin=ELSEWHERE)
    assert codes == ["auth.wrong"] * 5 + ["auth.wait"] * 3


def test_guesses_at_the_same_time_count_before_they_are_answered(door: Door) -> None:
    door.user()

    async def never(call: object, *args: object) -> object:
        return await Deferred()

    door.entrance._passwords._in_thread = never  # type: ignore[assignment]
    tries = [
        Deferred.fromCoroutine(door.entrance.sign_in("zhang", f"guess{number}", HERE))
        for number in range(20)
    ]
    answered = sum(one.called for one in tries)
    for one in tries:
        one.addErrback(lambda _: None)
        one.cancel()
    assert len(tries) - answered == 5


def test_what_a_stranger_typed_as_a_login_is_not_kept(door: Door) -> None:
    door.user()
    refused(door, login="my secret password")
    refused(door)
    whose = [one.whose for one in door.lines(act="user.refused")]
    assert whose == ["zhang", ""]


def test_demonstration_accounts_come_in_on_this_machine_only(door: Door) -> None:
    door.user("demo1", demo=True)
    entered = door.enter("demo1")
    assert entered.signed.proved
    door.rules = evolve(door.rules, demo=False)
    door.again()
    assert not door.inside(entered.token)
    assert refused(door, PASSWORD, login="demo1") == "auth.wrong"
    door.password("demo1", PASSWORD)  # a password of one's own makes an ordinary account of it
    assert door.enter("demo1").signed.user.demo is False


@both
def test_weak_hashes_are_made_anew_at_sign_in(door: Door) -> None:
    door.user()
    weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    user = door.named("zhang")
    held = evolve(door.auth.credentials(user.id), password_hash=weak)
    run_async(door.auth.change(store.put_credentials, user.id, held))
    door.enter()
    assert door.auth.credentials(user.id).password_hash != weak
    door.enter()


def test_a_guesser_at_the_next_desk_locks_nobody_out(door: Door) -> None:
    door.user()
    door.user("li")
    door.enter()
    for number in range(20):  # behind the same address: one proxy, one router
        refused(door, login=f"user{number}")
        refused(door, login="li")
    assert door.enter().signed.user.login == "zhang"
    codes = [refused(door) for _ in range(7)]
    assert codes[-1] == "auth.wait"  # but the account itself cannot be guessed at there
