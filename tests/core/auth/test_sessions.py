"""Sessions: idle lock, absolute end, ended at once by what changes an account, over restarts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from tests.support.door import HERE, PASSWORD, Door, both

from careline.agents.model import Agent
from careline.auth import passes, people
from careline.auth.links import LASTS, hash_token
from careline.auth.model import Role, Scope, Subject, TemporaryGrant
from careline.auth.permissions import CORE
from careline.auth.sessions import PER_USER
from careline.errors import NotFound, Refused
from careline.testing import run_async

MIN = 60.0


def test_an_idle_session_locks_and_its_password_opens_it(door: Door) -> None:
    door.user()
    entered = door.enter()
    door.later(14 * MIN)
    assert door.inside(entered.token)
    door.later(14 * MIN)
    assert door.inside(entered.token)
    door.later(15 * MIN)
    assert not door.inside(entered.token)
    assert door.auth.alive(entered.signed.id)  # it is locked, not over
    locked = door.auth.locked(entered.token)
    assert locked is not None
    assert locked.user.login == "zhang"
    with pytest.raises(Refused):
        run_async(door.entrance.unlock(entered.token, "wrong", HERE))
    assert not door.inside(entered.token)
    run_async(door.entrance.unlock(entered.token, PASSWORD, HERE))
    assert door.inside(entered.token)


def test_what_the_browser_asks_by_itself_keeps_nothing_open(door: Door) -> None:
    door.user()
    token = door.enter().token
    for _ in range(16):
        door.later(MIN)
        door.inside(token, quiet=True)
    assert not door.inside(token)


def test_who_waits_for_calls_is_not_locked(door: Door) -> None:
    door.agents["8001"] = Agent(id="8001", name="李敏")
    door.user("li", agent="8001")
    token = door.enter("li").token
    door.works.add("8001")
    door.later(60 * MIN)
    assert door.inside(token, quiet=True)
    door.works.clear()
    door.later(10)
    assert not door.inside(token)


@both
def test_a_locked_session_stays_locked_over_a_restart_and_unlocking_is_throttled(
    door: Door,
) -> None:
    door.user()
    entered = door.enter()
    door.auth.lock(entered.signed.id)
    door.again()
    assert not door.inside(entered.token)
    codes = []
    for _ in range(6):
        with pytest.raises(Refused) as caught:
            run_async(door.entrance.unlock(entered.token, "wrong", HERE))
        codes.append(caught.value.code)
    assert codes[-1] == "auth.wait"


def test_every_session_ends_absolutely(door: Door) -> None:
    door.user()
    entered = door.enter()
    for _ in range(12 * 6 - 1):
        door.later(10 * MIN)
        assert door.inside(entered.token)
    door.later(10 * MIN)
    assert door.ended == [entered.signed.id]  # by itself, without a request: streams close
    assert not door.inside(entered.token)
    assert door.auth.locked(entered.token) is None


@both
def test_a_session_outlives_a_restart_and_its_end_does_too(door: Door) -> None:
    door.user()
    one, other = door.enter(), door.enter()
    door.auth.end(one.signed.id)
    door.again()
    assert not door.inside(one.token)
    assert door.inside(other.token)


@pytest.mark.parametrize("what", ["disable", "password", "roles", "totp", "out"])
def test_sessions_end_at_once_by_what_changes_the_account(door: Door, what: str) -> None:
    user = door.user()
    other = door.user("li")
    entered, stays = door.enter(), door.enter("li")
    change = door.auth.change
    match what:
        case "disable":
            run_async(change(people.change_user, evolve(user, active=False)))
        case "password":
            door.password("zhang", "another long password")
        case "roles":
            run_async(change(people.change_user, evolve(user, roles=("auditor",))))
        case "totp":
            run_async(change(people.reset_totp, user.id))
        case _:
            run_async(change(people.throw_out, user.id))
    assert door.ended == [entered.signed.id]
    assert not door.inside(entered.token)
    assert door.auth.current(entered.signed.id) is None
    assert not door.auth.may(entered.signed, "calls.view")
    assert door.inside(stays.token), other


def test_a_name_or_a_language_ends_nothing(door: Door) -> None:
    user = door.user()
    token = door.enter().token
    run_async(door.auth.change(people.change_user, evolve(user, name="张三", team="二组")))
    signed = run_async(door.auth.session(token))
    assert signed is not None
    run_async(door.auth.prefer(signed, language="en"))
    signed = run_async(door.auth.session(token))
    assert signed is not None
    assert (signed.user.name, signed.user.language, signed.user.theme) == ("张三", "en", "")


def test_what_ended_a_session_holds_when_the_core_was_down(door: Door) -> None:
    user = door.user()
    token = door.enter().token
    door.db.run_sync(people.throw_out, user.id)  # the command line, beside a core that is down
    door.again()
    assert not door.inside(token)
    token = door.enter().token
    door.later(13 * 60 * MIN)
    door.again()
    assert not door.inside(token)


def test_a_further_sign_in_ends_the_one_that_was_idle_longest(door: Door) -> None:
    door.user()
    entered = []
    for _ in range(PER_USER + 1):
        entered.append(door.enter())
        door.later(1)
    assert door.ended == [entered[0].signed.id]
    assert door.inside(entered[1].token)


def test_ones_own_new_password_keeps_this_browser_with_a_new_token(door: Door) -> None:
    door.user()
    here, there = door.enter(), door.enter()
    new = run_async(
        door.entrance.change_password(here.signed, PASSWORD, "a new long password", HERE)
    )
    assert not door.inside(here.token)
    assert not door.inside(there.token)
    assert door.inside(new.token)
    with pytest.raises(Refused):
        run_async(door.entrance.change_password(new.signed, PASSWORD, "x" * 12 + "abcdef", HERE))


# Grants


def give(door: Door, user: int, hours: float = 1) -> TemporaryGrant:
    grant = TemporaryGrant(
        user=user,
        permission="board.view",
        scope=Scope.CAMPUS,
        until=door.now + timedelta(hours=hours),
        why="代班",
        by="boss",
    )
    return run_async(door.auth.change(people.give, grant, door.now))


def test_a_temporary_grant_ends_by_itself_in_an_open_session(door: Door) -> None:
    user = door.user()
    entered = door.enter()
    may = door.auth.may
    door.changed.clear()
    assert not may(entered.signed, "board.view")
    give(door, user.id, 0.2)
    assert door.changed == [user.id]
    assert may(entered.signed, "board.view", Subject(agent="")) is False
    assert may(entered.signed, "board.view")
    door.fake.rightNow += 0.2 * 3600  # not a timer has run: the moment alone ends it
    assert not may(entered.signed, "board.view")
    door.later(5)
    assert door.changed == [user.id, user.id]


@both
def test_a_grant_of_an_earlier_core_still_runs_and_ends(door: Door) -> None:
    user = door.user()
    give(door, user.id)
    door.again()
    assert door.auth.grants(user).may("board.view")
    door.later(3601)
    assert not door.auth.grants(user).may("board.view")


@both
def test_a_changed_role_holds_at_once_and_throws_nobody_out(door: Door) -> None:
    user = door.user()
    entered = door.enter()
    role = Role(name="agent", title="坐席", grants={"audit.view": Scope.ALL})
    run_async(door.auth.change(people.put_role, role, role.grants))
    assert door.auth.may(entered.signed, "audit.view") is False  # guarded: the second factor first
    signed = run_async(door.auth.session(entered.token))
    assert signed is not None
    assert signed.first == "/account/totp"
    assert user.id in door.changed


def test_teams_and_campuses_are_the_agents_where_the_account_says_none(door: Door) -> None:
    door.agents["8001"] = Agent(id="8001", name="李敏", campus="north", team="一组")
    li = door.user("li", "leader", agent="8001")
    wu = door.user("wu", "leader", agent="8002", team="二组", campus="south")
    assert door.auth.own(li) == Subject("8001", "一组", "north")
    assert door.auth.own(wu) == Subject("8002", "二组", "south")
    assert door.auth.subject("8001") == door.auth.own(li)
    assert door.auth.subject("7777", "north") == Subject("7777", "", "north")
    assert door.auth.grants(li).may("calls.view", door.auth.subject("8001"))
    assert not door.auth.grants(wu).may("calls.view", door.auth.subject("8001"))


def test_administrators_hold_what_plugins_bring(door: Door) -> None:
    boss = door.user("boss", "admin", demo=True)
    assert not door.auth.grants(boss).may("sms.send")
    door.auth._rights._permissions = lambda: ["sms.send"]
    door.auth.forget_grants()
    assert door.auth.grants(boss).may("sms.send", Subject())


# One-time links


def link(door: Door, login: str, **more: bool) -> str:
    return run_async(
        door.auth.change(people.make_link, door.named(login).id, door.now, None, **more)
    )


def dead(door: Door, token: str) -> bool:
    try:
        run_async(door.entrance.use(token, "yet another password", HERE))
    except NotFound:
        return True
    return False


def test_a_link_sets_a_password_once(door: Door) -> None:
    door.user("li", password="")
    token = link(door, "li")
    user, _kind = run_async(door.entrance.look(token))
    run_async(door.entrance.look(token))  # looking does not use it up
    assert user.login == "li"
    came = run_async(door.entrance.use(token, "a password of one's own", HERE))
    assert door.inside(came.token)  # type: ignore[union-attr]
    assert dead(door, token)
    assert door.enter("li", "a password of one's own")


@both
def test_an_expired_a_replaced_a_foreign_and_a_disabled_users_link_lead_nowhere(
    door: Door,
) -> None:
    user = door.user("li", password="")
    old = link(door, "li")
    token = link(door, "li")
    assert dead(door, old)
    assert dead(door, hash_token(token))
    assert dead(door, "")
    run_async(door.auth.change(people.change_user, evolve(user, active=False)))
    assert dead(door, token)
    run_async(door.auth.change(people.change_user, evolve(user, active=True)))
    door.later(LASTS.total_seconds())
    with pytest.raises(NotFound):
        run_async(door.entrance.look(token))
    assert dead(door, token)


def test_a_password_set_elsewhere_kills_the_link(door: Door) -> None:
    door.user("li", password="")
    token = link(door, "li")
    door.password("li", PASSWORD)
    assert dead(door, token)


@both
def test_a_link_that_two_use_at_once_lets_one_in(door: Door) -> None:
    door.user("li", password="")
    hashed = hash_token(link(door, "li"))
    used = [door.db.run_sync(passes.use_link, hashed, door.now) for _ in range(2)]
    assert used == [True, False]


def test_only_the_demonstration_has_links_that_lead_straight_in(door: Door) -> None:
    door.user("li")
    with pytest.raises(Refused):
        link(door, "li", sign_in=True)
    door.user("demo1", demo=True)
    token = link(door, "demo1", sign_in=True)
    assert run_async(door.entrance.use(token, "", HERE))
    assert dead(door, token)
    kept = link(door, "demo1", sign_in=True)
    door.rules = evolve(door.rules, demo=False)
    door.again()
    assert dead(door, kept)
    own = link(door, "demo1")  # a password of one's own makes an ordinary account of it
    came = run_async(door.entrance.use(own, PASSWORD, HERE))
    assert door.inside(came.token)  # type: ignore[union-attr]


def test_a_plugins_permissions_go_to_its_roles_once(door: Door) -> None:
    wanted = {"sms.send": ("agent", "leader", "admin", "nobody"), "sms.edit": ()}
    run_async(door.auth.offer(wanted))
    roles = door.auth.directory.roles
    assert roles["agent"].grants["sms.send"] is Scope.ALL
    assert roles["leader"].grants["calls.view"] is Scope.GROUP, "what they had, they keep"
    assert not any("sms.edit" in role.grants for role in roles.values())
    taken = {name: scope for name, scope in roles["agent"].grants.items() if name != "sms.send"}
    run_async(door.auth.change(people.put_role, evolve(roles["agent"], grants=taken), CORE))
    run_async(door.auth.offer(wanted))
    assert "sms.send" not in door.auth.directory.roles["agent"].grants, "it was taken away"
