"""A questionnaire is edited under its plugin's address, and filled in without a script."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.core.surveys.shipped import hotline, recovery

from careline.hooks import Page as Entry
from careline.hooks import hook
from careline.i18n import Text
from careline.storage import Database
from careline.surveys import store
from careline.surveys.book import SurveyBook
from careline.surveys.editing.pages import survey_pages
from careline.surveys.editing.terms import EditorTerms
from careline.surveys.replying import Filled, form_of, read_replies
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse
from careline.web import PUBLIC, Answer, Empty, Visit, post

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
ROOT = "/ward/questions"


class Replies:
    """Reads what was filled in."""

    def __init__(self) -> None:
        self.filled: list[Filled] = []
        self.errors: dict[str, str] = {}

    @post("/ward/replies", permission=PUBLIC)
    async def take(self, visit: Visit) -> Answer:
        filled, form = read_replies(visit, recovery())
        self.filled.append(filled)
        self.errors = dict(form.errors)
        return Empty()


class Hooks:
    """A plugin with questionnaires."""

    def __init__(self, book: SurveyBook, replies: Replies) -> None:
        terms = EditorTerms(
            book=book,
            root=ROOT,
            permission="ward.edit",
            title=Text("Surveys"),
            back="/ward",
            starters=(recovery(),),
        )
        self._routes = (survey_pages(terms), replies)

    @hook
    def pages(self) -> list[Entry]:
        return [
            Entry(name=f"ward{at}", title="Ward", path="/ward", permission="ward.edit", routes=one)
            for at, one in enumerate(self._routes)
        ]


class Ward:
    """The house, its book and what was filled in."""

    def __init__(self, db: Database) -> None:
        self.replies = Replies()
        self.web = WebHouse(permissions=["ward.edit"])
        self.book = SurveyBook(db, self.web.clock, "ward")
        self.web.add("ward", Hooks(self.book, self.replies))

    def run(self, coro: Any) -> Any:
        return run_async(coro, self.web.clock)

    def get(self, path: str) -> Seen:
        return self.run(self.web.browser().get(path))  # type: ignore[no-any-return]

    def post(self, path: str, **form: str) -> Seen:
        return self.run(self.web.browser().post(path, form))  # type: ignore[no-any-return]


@pytest.fixture
def ward(db: Database) -> Ward:
    return Ward(db)


def test_a_shipped_questionnaire_is_taken_over_changed_and_published(ward: Ward) -> None:
    assert ward.post(ROOT, starter="recovery").headers["location"] == f"{ROOT}/recovery"
    page = ward.get(f"{ROOT}/recovery").text
    assert "38.5–42.0: 发热" in page
    assert "low_level" not in page, "there is no score"
    form = ward.get(f"{ROOT}/recovery/question?question=temperature").text
    assert "38.5-42.0 发热 | Fever" in form
    assert 'value="35.0-42.0"' in form
    changed = {
        "before": "temperature",
        "name": "temperature",
        "kind": "number",
        "zh": "请输入体温",
        "numbers": "34.5-42",
        "decimals": "1",
        "unit": "℃",
        "branches": "38.5 - 42 pain",
        "flags": "39-42 高热 | High fever\n37.55 低热",
    }
    wrong = ward.post(f"{ROOT}/recovery/question", **changed)
    assert (wrong.status, "无法识别：37.55" in wrong.text) == (422, True)
    changed["flags"] = "39-42 高热 | High fever"
    assert ward.post(f"{ROOT}/recovery/question", **changed).status == 303
    assert ward.post(f"{ROOT}/recovery/publish").status == 303
    number = ward.book.newest("recovery").questions[0]  # type: ignore[union-attr]
    assert (number.low, number.high, number.branches[0].low) == (345, 420, 385)
    assert number.flag(390).words.en == "High fever"  # type: ignore[union-attr]
    assert number.flag(389) is None
    assert ward.web.audit.acts.count("survey.changed") == 2


def test_surveys_of_two_plugins_know_nothing_of_each_other(ward: Ward, db: Database) -> None:
    now = ward.web.clock.now()
    assert db.run_sync(store.ship, "other", evolve(hotline(), name="same"), "x", now, scored=True)
    assert db.run_sync(store.ship, "ward", evolve(recovery(), name="same"), "x", now)
    assert not db.run_sync(store.ship, "ward", evolve(hotline(), name="same"), "x", now)
    ward.run(ward.book.load())
    assert ward.book.names() == ["same"]
    assert ward.book.newest("same") == evolve(recovery(), name="same")
    ward.run(ward.book.publish("same", "x"))
    versions = [
        [one.version for one in db.run_sync(store.surveys, one)] for one in ("ward", "other")
    ]
    assert versions == [[0, 1, 2], [0, 1]]


def test_answers_are_read_and_what_is_none_is_told_beside_its_field(ward: Ward) -> None:
    form = {"q-temperature": "38.6", "q-pain": "0", "q-bleeding": "2", "q-words": " 睡不好 "}
    ward.post("/ward/replies", **form)
    values = {"temperature": 386, "pain": 0, "bleeding": 2, "words": 1}
    assert ward.replies.filled == [Filled(values, {"words": "睡不好"})]
    assert form_of(recovery(), values, "zh").value("q-temperature") == "38.6"
    ward.post("/ward/replies", **{"q-temperature": "52", "q-pain": "11", "q-bleeding": ""})
    assert ward.replies.filled[-1] == Filled({"words": 2})
    assert ward.replies.errors == {
        "q-temperature": "请填写 35.0 到 42.0 之间的数字。",
        "q-pain": "请从给出的选项中选择。",
    }
