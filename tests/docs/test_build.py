"""The documents of both languages are built from what is committed, without a warning."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from careline.pages.help.documents import Documents
from careline_docs.build import LANGUAGES, build
from careline_docs.house import ROOT

#: What careline's content policy forbids: a script or a style within the page, or from elsewhere.
FORBIDDEN = re.compile(r"<script(?![^>]*\bsrc=\"[^\":]*\")|<style|\sstyle=|\son\w+=|src=\"https?:")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("documents")
    assert build(out) == ""
    return out


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_hold_nothing_that_the_content_policy_forbids(site: Path, language: str) -> None:
    pages = list((site / language).rglob("*.html"))
    assert len(pages) > 10
    assert [page.name for page in pages if FORBIDDEN.search(page.read_text("utf-8"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_plugins_read_what_settings_mean(site: Path, language: str) -> None:
    said = Documents(site).settings(language)
    assert said["plugin.sms.keep_days"]
    assert Documents(site / "nowhere").settings(language) == {}


def test_nothing_of_the_build_itself_is_left(site: Path) -> None:
    names = {path.name for path in site.rglob("*")}
    assert {"index.html", "search.json"} <= names
    assert not names & {"objects.inv", ".buildinfo", ".doctrees"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_words_can_be_searched(site: Path, language: str) -> None:
    sections = json.loads((site / language / "search.json").read_text("utf-8"))
    [hook] = [one for one in sections if one["title"] == "call_started"]
    assert hook["at"] == "reference/hooks.html#call-started"
    assert all((site / language / one["at"].partition("#")[0]).is_file() for one in sections)


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md", "CONTRIBUTING.md"])
def test_links_beside_the_documents_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []
