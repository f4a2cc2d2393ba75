"""Scopes by properties, passwords, and the throttle by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as FakeClock

from careline.auth.model import (
    Grants,
    Role,
    Scope,
    Subject,
    TemporaryGrant,
    User,
    grants_of,
    reaches,
)
from careline.auth.passwords import MAX_WAITING, Passwords, password_problems
from careline.auth.people import changed_grants
from careline.auth.permissions import CORE, ROLES
from careline.auth.throttle import FREE, KEPT, LONGEST_S, Throttle, near
from careline.clock import Clock
from careline.errors import Refused, Unavailable
from careline.testing import run_async

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NAMES = st.sampled_from(["", "a", "b", "c"])
SUBJECTS = st.builds(Subject, NAMES, NAMES, NAMES)
SCOPES = st.sampled_from(list(Scope))
PERMISSIONS = st.sampled_from(["calls.view", "board.view", "users.edit"])
GRANTED = st.dictionaries(PERMISSIONS, SCOPES)


@given(SUBJECTS, SUBJECTS, SCOPES, SCOPES)
def test_a_larger_scope_reaches_all_that_a_smaller_one_does(
    own: Subject, subject: Subject, one: Scope, other: Scope
) -> None:
    small, large = sorted((one, other))
    assert not reaches(small, own, subject) or reaches(large, own, subject)


@given(SUBJECTS, SUBJECTS)
def test_each_scope_reaches_exactly_its_own(own: Subject, subject: Subject) -> None:
    same = [
        bool(mine) and mine == theirs
        for mine, theirs in (
            (own.agent, subject.agent),
            (own.team, subject.team),
            (own.campus, subject.campus),
        )
    ]
    assert reaches(Scope.OWN, own, subject) == same[0]
    assert reaches(Scope.GROUP, own, subject) == any(same[:2])
    assert reaches(Scope.CAMPUS, own, subject) == any(same)
    assert reaches(Scope.ALL, own, subject)


@given(SUBJECTS, st.sampled_from([Scope.OWN, Scope.GROUP, Scope.CAMPUS]))
def test_what_is_nobodys_is_for_who_may_see_all(own: Subject, scope: Scope) -> None:
    assert not reaches(scope, own, Subject())
    assert not reaches(scope, Subject(), own)


@given(GRANTED, GRANTED, st.booleans(), SUBJECTS)
def test_grants_are_the_largest_of_all_that_give_them(
    one: dict[str, Scope], other: dict[str, Scope], active: bool, own: Subject
) -> None:
    roles = {
        "one": Role(name="one", title="1", grants=one),
        "other": Role(name="other", title="2", grants=other),
        "foreign": Role(name="foreign", title="3", grants={"calls.view": Scope.ALL}),
    }
    user = User(id=1, login="xy", name="x", roles=("one", "other", "gone"), active=active)
    found = grants_of(user, own, roles, (), NOW).scopes
    wanted = {
        name: max(those[name] for those in (one, other) if name in those) for name in {*one, *other}
    }
    assert found == (wanted if active else {})


@given(PERMISSIONS, SCOPES, st.integers(-3600, 3600), st.sampled_from([1, 2]))
def test_a_temporary_grant_is_its_users_and_lasts_until_its_moment(
    permission: str, scope: Scope, seconds: int, user_id: int
) -> None:
    until = NOW + timedelta(seconds=seconds)
    grant = TemporaryGrant(
        user=user_id, permission=permission, scope=scope, until=until, why="x", by="y"
    )
    user = User(id=1, login="xy", name="x")
    found = grants_of(user, Subject(), {}, [grant], NOW).scopes
    assert found == ({permission: scope} if user_id == 1 and seconds > 0 else {})


@given(GRANTED, GRANTED)
def test_nobody_covers_more_than_they_hold(
    held: dict[str, Scope], wanted: dict[str, Scope]
) -> None:
    grants = Grants(held)
    beyond = any(name not in held or held[name] < scope for name, scope in wanted.items())
    assert grants.covers(wanted) == (not beyond)
    changed = changed_grants(held, wanted)
    assert set(changed) == {n for n in {*held, *wanted} if held.get(n) != wanted.get(n)}


def test_the_roles_of_a_new_house_name_permissions_that_there_are() -> None:
    for role in ROLES:
        assert set(role.grants) <= set(CORE), role.name
    by_name = {role.name: role.grants for role in ROLES}
    assert set(by_name["admin"]) == set(CORE)
    assert by_name["agent"]["calls.view"] is Scope.OWN
    assert by_name["leader"]["calls.view"] is Scope.GROUP
    assert "users.edit" not in {*by_name["leader"], *by_name["manager"], *by_name["auditor"]}


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("a good long one", True),
        ("五个字不够啊", False),
        ("这是一个足够长的密码", True),
        ("short", False),
        ("x" * 201, False),
        ("zhang is my name", False),
        ("ＺＨＡＮＧ is my name", False),
        ("1234567890", False),
        ("aaaaaaaaaaaaa", False),
        ("ababababababab", False),
    ],
)
def test_what_makes_a_password(password: str, good: bool) -> None:
    assert (password_problems(password, "zhang") == []) is good


def test_a_flood_of_sign_ins_is_bounded() -> None:
    async def never(call: object, *args: object) -> object:
        return await Deferred()

    passwords = Passwords(never)
    waiting = [Deferred.fromCoroutine(passwords.hash("x")) for _ in range(MAX_WAITING)]
    with pytest.raises(Unavailable):
        run_async(passwords.hash("x"))
    for one in waiting:
        one.addErrback(lambda _: None)
        one.cancel()
    assert passwords._waiting == 0


def throttle() -> tuple[Throttle, FakeClock]:
    fake = FakeClock()
    return Throttle(Clock(fake)), fake


def wait_of(guard: Throttle, login: str = "zhang", address: str = "10.0.0.1") -> float:
    try:
        guard.admit(login, address)
    except Refused as error:
        return float(str(error.params["seconds"]))
    return 0.0


def test_delays_grow_to_a_quarter_of_an_hour_and_are_forgotten() -> None:
    guard, fake = throttle()
    assert [wait_of(guard) for _ in range(FREE)] == [0.0] * FREE
    waits = []
    for _ in range(12):
        waits.append(wait_of(guard))
        fake.advance(waits[-1])
        assert wait_of(guard) == 0.0
    assert waits == sorted(waits)
    assert waits[0] == 5
    assert waits[-1] == LONGEST_S
    fake.advance(3601)
    assert [wait_of(guard) for _ in range(FREE)] == [0.0] * FREE


def test_what_is_refused_makes_the_wait_no_longer() -> None:
    guard, fake = throttle()
    for _ in range(FREE):
        guard.admit("zhang", "10.0.0.1")
    for _ in range(50):
        assert wait_of(guard) > 0
    fake.advance(5)
    assert wait_of(guard) == 0.0


def test_a_flood_of_addresses_takes_no_more_memory() -> None:
    guard, _fake = throttle()
    for number in range(KEPT):
        guard.admit(f"user{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(guard._counts) <= KEPT


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("not an address", "not an address"),
    ],
)
def test_a_place_is_what_one_customer_has(address: str, place: str) -> None:
    assert near(address) == place
