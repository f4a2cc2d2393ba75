"""Signing in through the browser: pages, cookies, links, the overlay, the second factor."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from tests.support.door import PASSWORD, Door, made_door

from careline.auth import people, totp
from careline.auth.links import link_path
from careline.auth.service import Rules
from careline.hooks import hook
from careline.pages.signin.hooks import SignInPages
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse, location
from careline.web import Answer, Json, PageEntry, Visit, get


@pytest.fixture
def door() -> Door:
    return made_door()


@pytest.fixture
def house(door: Door) -> WebHouse:
    pages = SignInPages(door.auth, door.entrance)
    return WebHouse([pages], door=door.auth, audit=door.audit, clock=door.clock, language="en")


@pytest.fixture
def browser(house: WebHouse) -> Browser:
    return house.browser(signed_in=False)


def go(browser: Browser, path: str, form: dict[str, str] | None = None, **more: Any) -> Seen:
    asked = browser.get(path) if form is None else browser.post(path, form, **more)
    return run_async(asked, browser.house.clock)


def sign_in(browser: Browser, login: str = "zhang", password: str = PASSWORD) -> Seen:
    return go(browser, "/signin", {"login": login, "password": password, "next": "/account"})


def test_a_stranger_is_sent_to_sign_in_and_comes_back(door: Door, browser: Browser) -> None:
    door.user()
    seen = go(browser, "/account")
    assert (seen.status, location(seen)) == (303, "/signin?next=%2Faccount")
    form = go(browser, "/signin?next=%2Faccount")
    assert form.find("input[name=next]")[0].get("value") == "/account"
    entered = sign_in(browser)
    assert (entered.status, location(entered)) == (303, "/account")
    (cookie,) = entered.cookies
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert go(browser, "/account").status == 200


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
    ],
)
def test_next_leads_to_no_other_site_and_into_no_header(
    door: Door, browser: Browser, evil: str
) -> None:
    door.user()
    seen = go(browser, "/signin", {"login": "zhang", "password": PASSWORD, "next": evil})
    assert location(seen) == "/"
    assert "x" not in seen.headers
    again = go(browser, "/signin?next=" + quote(evil, safe=""))
    assert location(again) == "/"


# Guessing, fixation, forged forms


def test_a_wrong_password_keeps_the_login_and_says_nothing_more(
    door: Door, browser: Browser
) -> None:
    door.user()
    texts = set()
    for login in ("zhang", "nobody"):
        seen = sign_in(browser, login, "wrong password")
        assert seen.status == 422
        assert seen.find("input[name=login]")[0].get("value") == login
        assert seen.find("input[name=password]")[0].get("value") == ""
        assert not seen.cookies
        texts.add(seen.text.replace(login, ""))
    assert len(texts) == 1


def test_waiting_is_told_with_its_seconds(door: Door, browser: Browser) -> None:
    door.user()
    for _ in range(5):
        sign_in(browser, password="wrong")
    seen = sign_in(browser)
    assert seen.status == 429
    assert "wait 5 seconds" in seen.text


def test_a_token_that_somebody_planted_is_not_taken(door: Door, browser: Browser) -> None:
    door.user()
    browser.cookies["careline"] = "planted"
    sign_in(browser)
    assert browser.cookies["careline"] != "planted"
    assert not door.inside("planted")


def test_signing_in_ends_what_this_browser_had(door: Door, browser: Browser) -> None:
    door.user()
    door.user("li")
    sign_in(browser)
    first = browser.cookies["careline"]
    assert location(go(browser, "/signin?next=%2Faccount")) == "/account"
    sign_in(browser, "li")
    assert not door.inside(first)
    assert door.inside(browser.cookies["careline"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
def test_a_strangers_page_can_sign_nobody_in_or_out(
    door: Door, browser: Browser, headers: dict[str, str]
) -> None:
    door.user()
    form = {"login": "zhang", "password": PASSWORD}
    assert run_async(browser.post("/signin", form, **headers)).status in (403, 421)
    sign_in(browser)
    token = browser.cookies["careline"]
    assert run_async(browser.post("/signout", {}, **headers)).status in (403, 421)
    assert door.inside(token)


def test_a_form_of_another_session_is_refused(
    door: Door, house: WebHouse, browser: Browser
) -> None:
    door.user()
    door.user("li")
    sign_in(browser)
    other = house.browser(signed_in=False)
    sign_in(other, "li")
    form = {"old": PASSWORD, "password": "a new long password", "again": "a new long password"}
    for forged in (other.csrf, "", browser.csrf[:-1], browser.csrf.upper()):
        assert go(browser, "/account/password", {**form, "csrf": forged}).status == 403
    old = browser.csrf
    assert go(browser, "/account/password", form).status == 303
    assert go(browser, "/lock", {"csrf": old}).status == 403  # of the session before


# One-time links


def link(door: Door, login: str, **more: bool) -> str:
    user = door.named(login).id
    return link_path(run_async(door.auth.change(people.make_link, user, door.now, None, **more)))


def test_a_link_is_looked_at_as_often_as_one_likes_and_used_once(
    door: Door, browser: Browser
) -> None:
    door.user("li", password="")
    path = link(door, "li")
    new = {"password": "li's own password", "again": "li's own password"}
    for _ in range(3):  # mail programs look at links too
        assert go(browser, path).status == 200
    for form, wrong in (
        ({**new, "again": "another one"}, "again"),
        ({"password": "short", "again": "short"}, "password"),
    ):
        seen = go(browser, path, form)
        assert seen.status == 422
        assert seen.find(f"input[name={wrong}][aria-invalid=true]")
    assert go(browser, path, new).status == 303
    assert door.inside(browser.cookies["careline"])
    assert go(browser, path).status == 404
    assert go(browser, path, new).status in (403, 404)
    assert go(browser, "/link/" + "x" * 43).status == 404


def test_a_demonstration_link_leads_straight_in(door: Door, browser: Browser) -> None:
    door.user("demo1", demo=True)
    path = link(door, "demo1", sign_in=True)
    assert not go(browser, path).find("input[type=password]")
    assert location(go(browser, path, {})) == "/"
    assert door.inside(browser.cookies["careline"])


def test_demonstration_accounts_are_named_only_where_they_may_come_in(
    door: Door, browser: Browser
) -> None:
    door.user("demo1", demo=True)
    assert "careline-demo" in go(browser, "/signin").text
    door.auth.rules = Rules(demo=False)
    assert "careline-demo" not in go(browser, "/signin").text
    assert "demo1" not in go(browser, "/signin").text


# The second factor


def code_of(seen: Seen, door: Door) -> str:
    secret = seen.find("p.mono")[0].text.replace(" ", "")
    return totp.code_at(secret, totp.step_of(door.now))


def test_an_administrator_is_led_to_the_second_factor_and_then_in(
    door: Door, house: WebHouse, browser: Browser
) -> None:
    door.user("boss", "admin")
    assert location(sign_in(browser, "boss")) == "/account/totp"
    assert location(go(browser, "/account")) == "/account/totp"
    seen = go(browser, "/account/totp")
    assert seen.find("svg path")
    again = go(browser, "/account/totp", {"code": "000000"})
    assert again.status == 422
    done = go(browser, "/account/totp", {"code": code_of(again, door)})
    assert len(done.find("ul.mono")[0].text) == 8 * len("abcd-efgh-jkmn")
    assert go(browser, "/account").status == 200
    door.later(60)

    other = house.browser(signed_in=False)
    asked = sign_in(other, "boss")
    assert asked.status == 200
    assert not asked.cookies
    ticket = asked.find("input[name=ticket]")[0].get("value") or ""
    step = {"ticket": ticket, "next": "/account"}
    assert go(other, "/signin/code", {**step, "code": "12"}).status == 422
    assert location(go(other, "/signin/code", {**step, "code": door.code("boss")})) == "/account"


# Locking, and signing in again beside the page


def test_a_locked_screen_opens_with_its_password_alone(door: Door, browser: Browser) -> None:
    door.user(agent="8001")
    sign_in(browser)
    door.works.add("8001")  # with a caller: the page is the phone
    assert go(browser, "/lock", {}).status == 403
    door.works.clear()
    assert location(go(browser, "/lock", {})) == "/signin"
    assert location(go(browser, "/account")) == "/signin?next=%2Faccount"
    seen = go(browser, "/signin?next=%2Faccount")
    assert "Zhang is signed in here" in seen.text
    assert not seen.find("input[name=login]")
    assert go(browser, "/signin/unlock", {"password": "wrong"}).status == 422
    form = {"password": PASSWORD, "next": "/account"}
    assert location(go(browser, "/signin/unlock", form)) == "/account"
    assert go(browser, "/account").status == 200


def test_somebody_else_can_sign_in_at_a_locked_screen(door: Door, browser: Browser) -> None:
    door.user()
    door.user("li")
    sign_in(browser)
    first = door.auth.sessions.by_token(browser.cookies["careline"])
    assert first is not None
    go(browser, "/lock", {})
    assert go(browser, "/signin?other=1").find("input[name=login]")
    sign_in(browser, "li")
    assert not door.auth.alive(first.id)


def test_after_the_end_of_a_session_the_page_goes_on(door: Door, browser: Browser) -> None:
    door.user()
    sign_in(browser)
    old = browser.csrf
    door.auth.end(door.auth.sessions.of(door.named("zhang").id)[0].id)
    browser.htmx = True
    assert go(browser, "/account/preferences", {"language": "en"}).status == 401
    seen = go(browser, "/signin/overlay?user=zhang")
    assert seen.find("input[name=login]")[0].get("value") == "zhang"
    form = {"was": "zhang", "login": "zhang", "password": "wrong"}
    assert go(browser, "/signin/overlay", form).status == 422
    done = go(browser, "/signin/overlay", {**form, "password": PASSWORD})
    assert (done.status, done.headers["hx-trigger"]) == (204, "careline:signed-in")
    assert done.headers["x-csrf-token"] == browser.csrf != old
    sent_again = go(browser, "/account/preferences", {"language": "en"})
    assert sent_again.status < 400
    assert door.named("zhang").language == "en"


def test_somebody_else_gets_a_page_of_their_own_instead(door: Door, browser: Browser) -> None:
    door.user()
    door.user("li")
    browser.htmx = True
    form = {"was": "zhang", "login": "li", "password": PASSWORD}
    seen = go(browser, "/signin/overlay", form)
    assert seen.headers.get("hx-redirect") == "/"
    assert "hx-trigger" not in seen.headers


def test_the_overlay_unlocks_with_the_same_token(door: Door, browser: Browser) -> None:
    door.user()
    sign_in(browser)
    token = browser.cookies["careline"]
    go(browser, "/lock", {})
    browser.htmx = True
    assert go(browser, "/account").status == 401
    assert "Zhang" in go(browser, "/signin/overlay?user=li").text
    form = {"was": "zhang", "login": "zhang", "password": PASSWORD}
    assert go(browser, "/signin/overlay", form).status == 204
    assert browser.cookies["careline"] == token
    assert door.inside(token)


def test_the_overlay_asks_for_the_second_factor_too(door: Door, browser: Browser) -> None:
    door.user("boss", "admin")
    sign_in(browser, "boss")
    go(browser, "/account/totp", {"code": code_of(go(browser, "/account/totp"), door)})
    door.later(60)
    door.auth.end(door.auth.sessions.of(door.named("boss").id)[0].id)
    browser.htmx = True
    form = {"was": "boss", "login": "boss", "password": PASSWORD}
    seen = go(browser, "/signin/overlay", form)
    step = {"was": "boss", "ticket": seen.find("input[name=ticket]")[0].get("value") or ""}
    assert go(browser, "/signin/overlay/code", {**step, "code": "1"}).status == 422
    assert go(browser, "/signin/overlay/code", {**step, "code": door.code("boss")}).status == 204


def test_proof_is_asked_for_and_given(door: Door, browser: Browser) -> None:
    door.user()
    sign_in(browser)
    session = door.auth.sessions.of(door.named("zhang").id)[0]
    session.proved_until = None
    assert go(browser, "/session/prove").find("input[name=secret]")
    assert go(browser, "/session/prove", {"secret": "wrong"}).status == 422
    seen = go(browser, "/session/prove", {"secret": PASSWORD})
    assert (seen.status, seen.headers["hx-trigger"]) == (204, '{"careline:proved": true}')
    signed = door.auth.current(session.id)
    assert signed is not None
    assert signed.proved


# One's own account


def test_the_account_shows_whose_it_is_and_hostile_names_as_text(
    door: Door, browser: Browser
) -> None:
    user = door.user()
    named = evolve(user, name="<script>alert(1)</script>{{ 7*7 }}")
    run_async(door.auth.change(people.change_user, named))
    sign_in(browser)
    text = go(browser, "/account").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in text


def test_only_ones_own_sessions_can_be_ended(door: Door, house: WebHouse, browser: Browser) -> None:
    door.user()
    door.user("li")
    sign_in(browser)
    other = house.browser(signed_in=False)
    other.headers["User-Agent"] = "<b>Evil</b>\x07 Chrome/1"
    sign_in(other, "li")
    theirs = door.auth.sessions.of(door.named("li").id)[0]
    assert go(browser, f"/account/sessions/{theirs.id}/end", {}).status == 404
    assert door.auth.alive(theirs.id)
    second = house.browser(signed_in=False)
    sign_in(second)
    mine = door.auth.sessions.by_token(second.cookies["careline"])
    assert mine is not None
    assert go(browser, f"/account/sessions/{mine.id}/end", {}).status == 303
    assert not door.auth.alive(mine.id)
    assert "<b>Evil" not in go(other, "/account").text


def test_preferences_are_kept_and_nothing_else_is_taken(door: Door, browser: Browser) -> None:
    door.user()
    sign_in(browser)
    form = {"language": "zh", "theme": "dark", "roles": "admin", "login": "boss"}
    assert go(browser, "/account/preferences", form).status == 303
    user = door.named("zhang")
    assert (user.language, user.theme, user.roles) == ("zh", "dark", ("agent",))
    assert go(browser, "/account/preferences", {"language": "xx", "theme": ""}).status == 422
    assert 'lang="zh-CN"' in go(browser, "/account").text
    go(browser, "/signout", {})
    assert 'lang="zh-CN"' in go(browser, "/signin").text


def test_signing_out_ends_the_session_and_takes_the_cookie(door: Door, browser: Browser) -> None:
    door.user()
    sign_in(browser)
    token = browser.cookies["careline"]
    assert location(go(browser, "/signout", {})) == "/signin"
    assert "careline" not in browser.cookies
    assert not door.inside(token)


def test_the_screen_stays_open_while_somebody_is_there(door: Door, browser: Browser) -> None:
    door.user()
    sign_in(browser)
    browser.htmx = True
    for _ in range(4):
        door.later(10 * 60)
        assert go(browser, "/session/active", {}).status == 204
    for _ in range(2):
        door.later(5 * 60)
        assert go(browser, "/session/state").status == 204
    door.later(5 * 60)
    assert go(browser, "/session/state").status == 401
    assert go(browser, "/session/active", {}).status == 401


def test_the_script_of_the_lock_is_on_every_page(door: Door, browser: Browser) -> None:
    door.user()
    sign_in(browser)
    scripts = [one.get("src") or "" for one in go(browser, "/account").find("script")]
    address = next(one for one in scripts if one.endswith("/signin/idle.js"))
    assert "/session/state" in go(browser, address).text


class Sounds:
    """Something that is played to who has proved who they are."""

    @hook
    def pages(self) -> list[PageEntry]:
        return [
            PageEntry(
                name="sounds",
                title="Sounds",
                path="/sounds",
                permission="recordings.play",
                routes=self,
            )
        ]

    @get("/sounds", permission="recordings.play")
    async def play(self, visit: Visit) -> Answer:
        visit.need_proof()
        return Json("sound")


def test_recordings_are_heard_by_who_has_just_proved_who_they_are(
    door: Door, house: WebHouse, browser: Browser
) -> None:
    house.add("sounds", Sounds())
    door.user()
    sign_in(browser)
    assert go(browser, "/sounds").status == 200
    door.later(14 * 60)
    go(browser, "/account")
    door.later(2 * 60)
    seen = go(browser, "/sounds")
    assert (seen.status, seen.headers["x-error"]) == (403, "auth.prove")
    assert go(browser, "/session/prove", {"secret": PASSWORD}).status == 204
    assert go(browser, "/sounds").status == 200
