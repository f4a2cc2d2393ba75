"""What every page can rely on, whatever it does itself."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from attrs import evolve
from tests.core.web.conftest import Bench
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from careline.auth.model import Scope
from careline.errors import Invalid
from careline.testing import run_async
from careline.testing.web import SOMEBODY, Seen, location
from careline.web.routes import PUBLIC, get, routes_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_a_page_is_whole_or_its_main_part_alone(bench: Bench) -> None:
    whole = bench.get("/sample?what=x")
    assert whole.status == 200
    assert "<html" in whole.text
    bench.browser.htmx = True
    part = bench.get("/sample?what=x")
    assert "<html" not in part.text
    assert part.find("p#what")[0].text == "x"
    assert part.find("title")


def test_what_people_typed_is_text(bench: Bench) -> None:
    seen = bench.get(f"/sample?what={quote(HOSTILE)}")
    assert seen.find("p#what")[0].text == HOSTILE
    assert seen.find("input[name=x]")[0]["value"] == HOSTILE


@pytest.mark.parametrize("path", ["/sample", "/sample/nowhere", "/nowhere", "/sample/error/bug"])
def test_every_answer_is_guarded_by_its_headers(bench: Bench, path: str) -> None:
    seen = bench.get(path)
    bench.errors()
    policy = seen.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["referrer-policy"] == "same-origin"
    assert seen.headers["cache-control"] == "no-store"


# Who may


def test_strangers_are_led_to_the_sign_in_and_back(bench: Bench) -> None:
    stranger = bench.house.browser(signed_in=False)
    seen = bench.get("/sample?what=a%26b", stranger)
    assert seen.status == 303
    assert location(seen) == "/signin?next=%2Fsample%3Fwhat%3Da%2526b"
    stranger.htmx = True
    part = bench.get("/sample", stranger)
    assert (part.status, part.headers["hx-trigger"]) == (401, "careline:signed-out")
    assert bench.sample.routes.seen == []


def test_a_session_that_ended_opens_nothing(bench: Bench) -> None:
    bench.house.door.end(bench.browser.cookies["careline"])
    assert bench.get("/sample").status == 303
    assert bench.post("/sample", {"name": "x"}).status == 303
    assert bench.sample.routes.seen == []


def test_without_the_permission_it_is_refused_and_written_down(bench: Bench) -> None:
    seen = bench.get("/sample", bench.house.browser(permissions=["other.see"]))
    assert seen.status == 403
    assert bench.sample.routes.seen == []
    (line,) = bench.house.audit.lines
    assert (line["act"], line["kind"], line["actor"]) == ("denied", "sample.see", "zhang.san")
    assert line["what"] == "/sample"


def test_what_is_outside_ones_scope_is_not_there_and_leaves_a_line(bench: Bench) -> None:
    own = bench.house.browser(permissions={"sample.see": Scope.OWN})
    assert bench.get("/sample/of/8001", own).status == 200
    assert bench.house.audit.lines == []
    seen = bench.get("/sample/of/8002", own)
    nowhere = bench.get("/nowhere", own)
    assert seen.status == nowhere.status == 404
    assert seen.find("main")[0].text == nowhere.find("main")[0].text
    (line,) = bench.house.audit.lines
    assert line["act"] == "denied"
    assert "8002" in line["whose"]


def test_what_must_be_done_first_is_done_first(bench: Bench) -> None:
    token = bench.browser.cookies["careline"]
    door = bench.house.door
    door.sessions[token] = evolve(door.sessions[token], first="/sample/anybody")
    assert location(bench.get("/sample")) == "/sample/anybody"
    assert bench.get("/sample/anybody").status == 200
    assert bench.get("/sample/public").status == 200


# What fails


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("not_found", 404, "nothing of that name"),
        ("refused", 403, "not now"),
        ("conflict", 409, "somebody else was first"),
        ("invalid", 422, "not like that"),
        ("unavailable", 503, "the other end is away"),
    ],
)
def test_deliberate_errors_are_told(bench: Bench, kind: str, status: int, text: str) -> None:
    whole = bench.get(f"/sample/error/{kind}")
    assert whole.status == status
    assert text in whole.text
    bench.browser.htmx = True
    part = bench.get(f"/sample/error/{kind}")
    assert part.status == status
    assert "<html" not in part.text
    done = bench.post(f"/sample/error/{kind}")
    assert done.headers["hx-retarget"] == "#notices"


@pytest.mark.parametrize("path", ["error/bug", "error/base", "template", "nothing"])
def test_bugs_are_logged_under_an_id_and_their_details_kept(bench: Bench, path: str) -> None:
    seen = bench.get(f"/sample/{path}")
    (event,) = bench.errors()
    assert seen.status == 500
    assert event["id"] in seen.text
    assert "secret detail" not in seen.text
    assert "there_is_no_such_name" not in seen.text


@pytest.mark.parametrize("path", ["hangs", "stubborn"])
def test_a_page_that_hangs_is_given_up(bench: Bench, path: str) -> None:
    seen = bench.get(f"/sample/{path}")
    assert seen.status == 504
    assert bench.house.clock.seconds() == 5
    assert len(bench.errors()) == 1


def test_even_without_its_own_templates_the_shell_answers(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise RuntimeError("no templates")

    monkeypatch.setattr(type(bench.house.shell.look), "render", broken)
    seen = bench.get("/sample/error/refused")
    assert len(bench.errors()) == 1
    assert (seen.status, seen.text) == (403, "not now")


def test_a_browser_that_has_gone_harms_nobody(bench: Bench) -> None:
    wire = bench.browser.send("GET", "/sample/hangs")
    wire.protocol.connectionLost(_gone())
    bench.house.reactor.advance(6)
    assert len(bench.errors()) == 1  # that it did not answer in time
    assert bench.get("/sample").status == 200


def _gone() -> object:
    return Failure(ConnectionLost())


# Forms


def test_a_form_needs_its_token(bench: Bench) -> None:
    assert bench.post("/sample", {"name": "x"}).status == 303
    other = bench.house.browser()
    for wrong in ("", "x", "密", other.csrf):
        assert bench.post("/sample", {"name": "x", "csrf": wrong}).status == 403, wrong
    assert len(bench.sample.routes.seen) == 1
    by_header = bench.post("/sample", {"name": "x", "csrf": ""}, **{"X-CSRF-Token": other.csrf})
    assert by_header.status == 403
    own = bench.post("/sample", {"name": "x", "csrf": ""}, **{"X-CSRF-Token": bench.browser.csrf})
    assert own.status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": None, "Origin": None, "Referer": "http://evil.example/x"},
    ],
)
def test_a_form_of_a_strangers_page_is_refused(
    bench: Bench, headers: dict[str, str | None]
) -> None:
    bench.browser.headers = headers
    assert bench.post("/sample", {"name": "x"}).status == 403
    assert bench.post("/sample/public", {"name": "x"}).status == 403
    assert bench.sample.routes.seen == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", ""]
)
def test_other_names_are_not_served(bench: Bench, host: str) -> None:
    seen = bench.get("/sample", Host=host)
    assert seen.status == 421
    assert bench.sample.routes.seen == []


def test_a_reverse_proxy_is_known_by_the_url(made: type[Bench]) -> None:
    bench = made(url="https://cc.hospital.cn")
    bench.browser.headers = {"Host": "cc.hospital.cn", "Origin": "https://cc.hospital.cn"}
    assert bench.post("/sample", {"name": "x"}).status == 303
    told = bench.get("/sample/public", **{"X-Forwarded-For": "6.6.6.6, 10.1.2.3"})
    assert json.loads(told.text)["address"] == "10.1.2.3"
    chosen = bench.post("/language", {"language": "en"})
    assert all("; secure" in line.lower() for line in chosen.cookies)


def test_nobody_can_say_where_he_is_without_a_proxy(bench: Bench) -> None:
    told = bench.get("/sample/public", **{"X-Forwarded-For": "10.1.2.3"})
    assert json.loads(told.text)["address"] == "127.0.0.1"


def test_a_form_answers_beside_the_field_and_keeps_what_was_typed(bench: Bench) -> None:
    seen = bench.post("/sample", {"name": "", "born": "31.13.2020<b>"})
    assert seen.status == 422
    assert seen.find("p#typed")[0].text == "|31.13.2020<b>"
    missing, _, no_date = seen.find("p#wrong")[0].text.partition("|")
    assert missing
    assert no_date


# Bodies


def test_a_big_form_is_refused(bench: Bench) -> None:
    assert bench.post("/sample", {"name": "x" * 1_100_000}).status == 413
    assert bench.post("/sample", {f"f{n}": "" for n in range(3000)}).status == 422
    assert bench.sample.routes.seen == []


def test_who_sends_much_too_much_is_cut_off(bench: Bench) -> None:
    head = bench.browser._request("POST", "/sample", b"", {"Content-Length": "99999999999"})
    wire = bench.browser.send("GET", "/sample/public")
    wire = type(wire)("127.0.0.1")
    protocol = bench.house.site.factory.buildProtocol(wire.peerAddr)
    wire.protocol = protocol
    protocol.makeConnection(wire)
    protocol.dataReceived(head)
    for _ in range(200):
        if wire.closed.called:
            break
        protocol.dataReceived(b"x" * 100_000)
    assert wire.closed.called


def test_files_come_in_and_are_gone_after(bench: Bench) -> None:
    hostile = '..\\..\\etc/pass"wd<b>\u202e.csv'.replace('"', "")
    seen = bench.post("/sample/file", {"a": "1"}, files={"f": (hostile, "text/csv", b"a,b")})
    ((name, mime, size, content),) = json.loads(seen.text)
    assert (name, mime, size, content) == ("passwd<b>.csv", "text/csv", 3, "a,b")
    (visit,) = bench.sample.routes.seen
    assert visit.form["a"] == "1"
    assert not visit.files["f"].path.exists()


def test_files_come_in_only_where_they_are_wanted(bench: Bench) -> None:
    seen = bench.post("/sample", {"name": "x"}, files={"f": ("a.csv", "text/csv", b"a")})
    assert seen.status == 422
    empty = bench.post("/sample", {"name": "x"}, files={"f": ("", "text/csv", b"")})
    assert empty.status == 303, "a file field that was left empty is no file"


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n"]
)
def test_a_form_that_cannot_be_read_is_told(bench: Bench, body: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x", "X-CSRF-Token": bench.browser.csrf}
    seen = run_async(bench.browser.ask("POST", "/sample/file", body, kind), bench.house.clock)
    assert seen.status in (200, 422)


@pytest.mark.parametrize(
    "path", ["/sample?what=%ff%fe", "/%ff", "/sample/of/%00", "/sample/of/a%0d%0ab"]
)
def test_odd_addresses_break_nothing(bench: Bench, path: str) -> None:
    assert bench.get(path).status in (200, 400, 404)


# Answers


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "/a\r\nX: y"]
)
def test_redirects_stay_in_the_house(bench: Bench, to: str) -> None:
    assert location(bench.get(f"/sample/lead?to={quote(to, safe='')}")) == "/"
    bench.browser.htmx = True
    assert "evil" not in bench.get(f"/sample/lead?to={quote(to, safe='')}").headers["hx-location"]


def test_headers_stay_on_their_line(bench: Bench) -> None:
    seen = bench.get("/sample/trigger?x=a%0d%0aX-Evil:%20b")
    assert "x-evil" not in seen.headers


def _file(bench: Bench, **headers: str) -> Seen:
    return bench.get("/sample/file", **headers)


def test_files_go_out_whole_or_in_part(bench: Bench) -> None:
    whole = _file(bench)
    assert (whole.status, whole.body) == (200, b"0123456789")
    part = _file(bench, Range="bytes=2-4")
    assert (part.status, part.body) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    assert _file(bench, Range="bytes=7-").body == b"789"
    assert _file(bench, Range="bytes=-3").body == b"789"
    for nonsense in ("bytes=9-2", "bytes=a-b", "lines=1-2", "bytes=-", f"bytes={'9' * 99}-"):
        assert _file(bench, Range=nonsense).body == b"0123456789"


def test_a_files_name_cannot_leave_its_header(bench: Bench) -> None:
    seen = bench.get(
        '/sample/file?name=a"%3b%0d%0aX: y%3b病历.csv'.replace(" ", "%20").replace(
            "病历", "%E7%97%85"
        )
    )
    assert seen.headers["content-disposition"].startswith('attachment; filename="a____X__y__.csv"')
    assert "x" not in seen.headers


def test_static_files_are_kept_for_good_under_their_build(bench: Bench) -> None:
    url = bench.house.shell.look.assets.url("js/main.js")
    seen = bench.get(url)
    assert (seen.status, "immutable" in seen.headers["cache-control"]) == (200, True)
    old = bench.get("/static/000000000000/js/main.js")
    assert (old.status, old.headers["cache-control"]) == (200, "no-cache")
    for wrong in ("/static/x/../../shell.py", "/static/x/%2e%2e/shell.py", "/static/x", "/static/"):
        assert bench.get(wrong).status == 404


# The reader


def test_the_language_is_the_readers(made: type[Bench]) -> None:
    bench = made()
    assert json.loads(bench.get("/sample/anybody").text)["language"] == "zh"
    bench.browser.cookies["language"] = "en"
    assert json.loads(bench.get("/sample/anybody").text)["language"] == "en"
    bench.browser.cookies["language"] = "xx"
    assert json.loads(bench.get("/sample/anybody").text)["language"] == "zh"
    reader = bench.house.browser(evolve(SOMEBODY, language="en", theme="dark"))
    told = json.loads(bench.get("/sample/anybody", reader).text)
    assert (told["language"], told["theme"]) == ("en", "dark")


def test_language_and_colours_are_switched_at_any_time(bench: Bench) -> None:
    seen = bench.post("/language", {"language": "en"})
    assert (seen.status, seen.headers["hx-refresh"]) == (204, "true")
    assert bench.browser.cookies["language"] == "en"
    assert "httponly" in seen.cookies[0].lower()
    assert "samesite=strict" in seen.cookies[0].lower()
    bench.post("/theme", {"theme": "dark"})
    assert bench.house.door.preferred == ["en", "dark"]
    stranger = bench.house.browser(signed_in=False)
    bench.post("/language", {"language": "en"}, browser=stranger)
    assert json.loads(bench.get("/sample/public", stranger).text)["language"] == "en"


# Routes


class NoPermission:
    @get("/x")
    async def nobody_knows(self, visit: object) -> None: ...


class NotAsync:
    @get("/x", permission=PUBLIC)
    def at_once(self, visit: object) -> None: ...


class Elsewhere:
    @get("/patients/all", permission=PUBLIC)
    async def steals(self, visit: object) -> None: ...


@pytest.mark.parametrize(
    ("routes", "reason"),
    [
        (NoPermission(), "GET /x states no permission"),
        (NotAsync(), "GET /x is not async"),
        (Elsewhere(), "GET /patients/all does not begin with /x"),
    ],
)
def test_wrong_routes_are_refused(routes: object, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        routes_of("x", routes, "/x")
    assert reason in [str(problem) for problem in caught.value.problems]


def test_a_number_that_no_database_has_is_not_there(bench: Bench) -> None:
    assert json.loads(bench.get(f"/sample/number/{2**63 - 1}").text) == {"number": 2**63 - 1}
    assert bench.get(f"/sample/number/{2**63}").status == 404
    assert bench.get("/sample/number/" + "9" * 400).status == 404
