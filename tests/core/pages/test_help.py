"""Help: documents for who is signed in, in the visitor's language, and none from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.i18n import LANGUAGES
from careline.pages.help.documents import ABOUT, Documents
from careline.pages.help.hooks import HelpPages
from careline.pages.help.routes import HelpRoutes
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse
from careline_docs.house import house

SOURCES = Path(__file__).parents[3] / "docs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "built"
    for page in ("zh/index", "en/index", "zh/guide/trunk", "en/plugins/sms"):
        file = built / f"{page}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<!doctype html>\n<html lang=zh>{page}", encoding="utf-8")
    (built / "zh/search.json").write_text("[]")
    (tmp_path / "secret").write_text("no")
    (built / "zh/link.html").symlink_to(tmp_path / "secret")
    return built


def web_of(folder: Path, language: str = "zh") -> WebHouse:
    owners = {"sms_groups": "sms", "other": "other"}
    routes = HelpRoutes(Documents(folder), lambda page: owners.get(page, ""))
    return WebHouse([HelpPages(routes)], language=language)


def ask(web: WebHouse, path: str) -> Seen:
    return run_async(web.browser().get(path), web.clock)


def where(web: WebHouse, path: str) -> str:
    return ask(web, path).headers["location"]


def test_it_begins_in_the_visitors_language(folder: Path) -> None:
    assert where(web_of(folder), "/help") == "/help/zh/index.html"
    assert where(web_of(folder, "en"), "/help") == "/help/en/index.html"


def test_each_page_has_its_document(folder: Path) -> None:
    web = web_of(folder)
    assert where(web, "/help/about/site-trunks") == "/help/zh/guide/trunk.html"
    assert where(web_of(folder, "en"), "/help/about/site-trunks") == "/help/zh/guide/trunk.html"
    assert where(web, "/help/about/sms_groups") == "/help/en/plugins/sms.html"
    assert where(web, "/help/plugin/sms") == "/help/en/plugins/sms.html"
    for nowhere in ("about/other", "about/nothing", "plugin/nothing"):
        assert where(web, f"/help/{nowhere}") == "/help/zh/index.html"


def test_files_are_shown_in_place_and_only_those(folder: Path) -> None:
    web = web_of(folder)
    page = ask(web, "/help/zh/guide/trunk.html")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["content-disposition"] == "inline"
    assert ask(web, "/help/zh/search.json").headers["content-type"] == "application/json"
    (folder / ".made-of").write_text("a stamp")
    outside = (
        ".made-of",
        "../secret",
        "%2e%2e/secret",
        "plugin/..%2fx",
        "zh/link.html",
        "/etc/passwd",
    )
    for wrong in ("zh/none.html", "zh", *outside):
        assert ask(web, f"/help/{wrong}").status in (303, 404), wrong


def test_nobody_reads_them_who_is_not_signed_in(folder: Path) -> None:
    web = web_of(folder)
    stranger = web.browser(signed_in=False)
    assert run_async(stranger.get("/help/zh/index.html"), web.clock).status != 200


def test_what_is_not_built_is_said(tmp_path: Path) -> None:
    answer = ask(web_of(tmp_path), "/help")
    assert (answer.status, "tools/documents.py" in answer.text) == (404, True)


@pytest.mark.parametrize("page", sorted({*ABOUT.values()}))
def test_what_pages_lead_to_is_written(page: str) -> None:
    """In one language at least: the reader is led to the other where one is missing."""
    assert any((SOURCES / one / f"{page}.md").is_file() for one in LANGUAGES)


def test_a_page_knows_its_plugin() -> None:
    offers = house().offers
    assert (offers.plugin_of("sms_groups"), offers.plugin_of("desk")) == ("sms", "")
    assert offers.plugin_of("nothing") == ""


def test_every_page_of_the_core_has_a_document() -> None:
    pages = {page.name for offer in house().offers if offer.of_core for page in offer.pages}
    assert set(ABOUT) <= pages
    assert pages - set(ABOUT) == {
        *("desk_phone", "desk_strip", "dispositions", "find", "help"),
        *("patient_duplicates", "patient_reveal", "signin", "signin_again"),
    }


def test_an_address_with_a_nul_is_no_page(folder: Path) -> None:
    assert Documents(folder).file("zh/\0.html") is None
