"""Administering people in the browser: what is refused, what is written down."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.door import HERE, Door, made_door

from careline.auth.accounts import Accounts
from careline.auth.model import Scope
from careline.auth.permissions import CORE
from careline.campuses.service import Campuses
from careline.errors import NotFound
from careline.pages.users.hooks import UserPages
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse, location
from careline.web.guard import SESSION_COOKIE


@pytest.fixture
def door() -> Door:
    return made_door()


@pytest.fixture
def house(door: Door) -> WebHouse:
    pages = UserPages(
        auth=door.auth,
        accounts=Accounts(door.auth, door.clock),
        campuses=Campuses(door.db, door.clock),
        agents=lambda: door.agents,
        titles=lambda: CORE,
        address=lambda path: f"http://here{path}",
    )
    return WebHouse([pages], door=door.auth, audit=door.audit, clock=door.clock, language="en")


def come(house: WebHouse, door: Door, login: str) -> Browser:
    """A browser in which somebody has signed in."""
    browser = house.browser(signed_in=False)
    token, _signed = door.auth.begin(door.named(login), HERE.address)
    browser.cookies[SESSION_COOKIE] = token
    return browser


def go(browser: Browser, path: str, form: dict[str, Any] | None = None) -> Seen:
    asked = browser.get(path) if form is None else browser.post(path, form)
    return run_async(asked, browser.house.clock)


@pytest.fixture
def boss(house: WebHouse, door: Door) -> Browser:
    door.user("boss", "admin", demo=True, password="")
    return come(house, door, "boss")


def test_every_page_is_shown(boss: Browser, door: Door) -> None:
    user = door.user()
    for path in ("/users", "/users/new", f"/users/{user.id}", "/roles", "/roles/new"):
        assert go(boss, path).status == 200, path
    for path in ("/roles/agent", "/roles/admin", "/grants"):
        assert go(boss, path).status == 200, path


def test_a_new_user_gets_a_link_that_is_shown_once_and_written_down(
    boss: Browser, door: Door
) -> None:
    form = {"login": "chen", "name": "<b>陈</b>", "roles": ["agent", "leader"], "active": "1"}
    seen = go(boss, "/users/new", form)
    assert seen.status == 200
    assert "http://here/link/" in seen.text
    assert "<b>陈</b>" not in seen.text
    assert "&lt;b&gt;陈&lt;/b&gt;" in seen.text
    assert door.named("chen").roles == ("agent", "leader")
    assert door.acts(whose="chen") == ["user.link", "user.added"]
    assert not any("/link/" in str(one) for one in door.lines())


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(
    boss: Browser, door: Door
) -> None:
    door.user("chen")
    for form, wrong in (
        ({"login": "Chen!", "name": "陈"}, "login"),
        ({"login": "chen", "name": "陈"}, None),
        ({"login": "li", "name": ""}, "name"),
    ):
        seen = go(boss, "/users/new", {**form, "active": "1"})
        assert seen.status == 422
        if wrong:
            assert seen.find(f"input[name={wrong}][aria-invalid=true]")
        assert seen.find("input[name=login]")[0].get("value") == form["login"]


def test_a_disabled_user_is_thrown_out_at_once(boss: Browser, house: WebHouse, door: Door) -> None:
    user = door.user()
    token = door.enter().token
    assert door.inside(token)
    form = {"login": "zhang", "name": "张", "roles": ["agent"]}
    assert location(go(boss, f"/users/{user.id}", form)) == "/users"
    assert not door.inside(token)
    assert len(door.ended) == 1
    assert {"user.changed", "user.disabled"} <= set(door.acts(whose="zhang"))


def test_nobody_gives_or_takes_more_than_they_hold(house: WebHouse, door: Door) -> None:
    door.role("head", {"users.edit": Scope.ALL, "calls.view": Scope.ALL})
    door.user("head", "head", demo=True)
    boss = door.user("boss", "admin", demo=True)
    browser = come(house, door, "head")
    form = {"login": "x1", "name": "X", "roles": ["admin"], "active": "1"}
    assert go(browser, "/users/new", form).status == 422
    assert door.auth.named("x1") is None
    form = {"login": "boss", "name": "X", "roles": ["admin"], "active": "1"}
    assert go(browser, f"/users/{boss.id}", form).status == 422
    assert go(browser, f"/users/{boss.id}/link", {}).status == 403
    own = door.named("head").id
    grant = {"user": str(own), "permission": "audit.view", "scope": "all", "hours": "1", "why": "x"}
    assert go(browser, "/grants", grant).status == 422
    assert go(browser, "/grants", {**grant, "permission": "calls.view"}).status == 303
    form = {"title": "头", "may:users.edit": "all", "may:audit.view": "all"}
    assert go(browser, "/roles/head", form).status == 422
    assert "audit.view" not in door.auth.grants(door.named("head")).scopes


def test_users_of_another_campus_are_not_there_and_it_is_written_down(
    house: WebHouse, door: Door
) -> None:
    door.role("head", {"users.edit": Scope.CAMPUS, "desk.use": Scope.ALL})
    door.user("head", "head", campus="north", demo=True)
    there, other = door.user("n1", "none", campus="north"), door.user("s1", "none", campus="south")
    browser = come(house, door, "head")
    assert "s1" not in [one.text for one in go(browser, "/users").find("a.row-link")]
    assert go(browser, f"/users/{there.id}").status == 200
    for path in (f"/users/{other.id}", "/users/4711"):
        seen = go(browser, path)
        assert seen.status == 404, path
    assert "denied" in door.acts()
    for path in ("link", "totp", "out"):
        assert go(browser, f"/users/{other.id}/{path}", {}).status == 404
    grant = {"user": str(other.id), "permission": "desk.use", "scope": "own", "hours": "1"}
    assert go(browser, "/grants", {**grant, "why": "x"}).status == 404
    moved = {"login": "n1", "name": "N", "campus": "south", "active": "1"}
    assert go(browser, f"/users/{there.id}", moved).status == 404
    assert door.named("n1").campus == "north"
    assert go(browser, "/roles/agent", {"title": "X"}).status == 404


def test_the_last_administrator_stays(boss: Browser, door: Door) -> None:
    own = door.named("boss")
    for roles, active in ((["agent"], "1"), (["admin"], "")):
        form = {"login": "boss", "name": "B", "roles": roles, "active": active}
        assert go(boss, f"/users/{own.id}", form).status == 422
    assert door.named("boss").active
    with pytest.raises(NotFound):
        door.auth.user(99)


def test_a_role_changes_at_once_and_the_administrators_never(boss: Browser, door: Door) -> None:
    door.user("zhang", "agent")
    token = door.enter().token
    form = {"title": "坐席", "title_en": "Agent", "may:calls.view": "campus"}
    assert location(go(boss, "/roles/agent", form)) == "/roles"
    signed = run_async(door.auth.session(token))
    assert signed is not None
    assert signed.grants.scopes == {"calls.view": Scope.CAMPUS}
    assert go(boss, "/roles/admin", {"title": "X"}).status == 422
    assert go(boss, "/roles/agent/remove", {}).status == 403
    assert go(boss, "/roles/auditor/remove", {}).status == 303


def test_who_may_not_administer_sees_none_of_it(house: WebHouse, door: Door) -> None:
    door.user("zhang", "leader", demo=True)
    browser = come(house, door, "zhang")
    for path in ("/users", "/roles", "/grants", "/users/1"):
        assert go(browser, path).status == 403, path
    assert go(browser, "/users/new", {"login": "q1", "name": "q"}).status == 403


def test_a_grant_is_given_ends_by_itself_and_can_be_ended(boss: Browser, door: Door) -> None:
    user = door.user("zhang", "none", demo=True)
    token = door.enter().token
    form = {
        "user": str(user.id),
        "permission": "board.view",
        "scope": "campus",
        "hours": "1",
        "why": "代班",
    }
    assert go(boss, "/grants", {**form, "why": " "}).status == 422
    assert go(boss, "/grants", {**form, "hours": "9999"}).status == 422
    assert go(boss, "/grants", form).status == 303
    assert "board.view" in _scopes(door, token)
    door.later(3601)
    door.auth.unlock(door.auth.sessions.of(user.id)[0].id)
    assert "board.view" not in _scopes(door, token)
    boss.cookies[SESSION_COOKIE] = door.auth.begin(door.named("boss"), "")[0]
    assert go(boss, "/grants", form).status == 303
    grant = door.auth.directory.grants[0]
    assert go(boss, f"/grants/{grant.id}/end", {}).status == 303
    assert "board.view" not in _scopes(door, token)
    assert go(boss, f"/grants/{grant.id}/end", {}).status == 404


def _scopes(door: Door, token: str) -> set[str]:
    signed = run_async(door.auth.session(token))
    assert signed is not None
    return set(signed.grants.scopes)
