"""Pages of lists, plans and coverage: what is wrong is said, nothing is handed in twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from tests.plugins.followup.pages.house import AGENT, ALL, LEADER, WORKS, Pages
from tests.plugins.followup.pages.test_pages import EAST

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.queues.model import Queue
from careline.queues.store import add_queue
from careline.storage import Database
from careline.testing.web import Seen
from careline_followup.plans.model import Way

LIST = (
    "姓名,电话,科室,出院日期\n"
    "张三,13800000011,心内科,2026-11-22\n"
    "<script>李四,1390001,心内科,2026-11-22\n"
    "王五,13800000013,心内科,昨天\n"
)


@pytest.fixture
def pages(db: Database) -> Pages:
    made = Pages(db)
    made.site.ways(Way.AGENT)
    return made


def hand_in(pages: Pages, campus: str = "main", **how: object) -> Seen:
    browser = pages.browser(**how)  # type: ignore[arg-type]
    files = {"file": ("名单.csv", "text/csv", LIST.encode())}
    return pages.site.run(browser.post("/followup/lists", {"campus": campus}, files))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_is_looked_at_then_taken_in_without_choosing_it_again(
    pages: Pages, lang: str
) -> None:
    at = hand_in(pages, lang=lang).headers["location"]
    assert pages.get(at, lang=lang).status == 200
    pages.site.work()
    looked = pages.get(at, lang=lang).text
    assert "1390001" in looked
    assert "<script>李四" not in looked
    assert f"{at}/take" in looked
    assert pages.site.all() == []
    assert pages.post(f"{at}/take", {}, lang=lang).headers["location"] == at
    pages.site.work()
    taken = pages.get(at, lang=lang).text
    assert f"{at}/take" not in taken
    assert len({task.case for task in pages.site.all()}) == 2
    for form, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        assert pages.get(f"{at}/rows.{form}", lang=lang).body.startswith(begins)
    assert "昨天" in pages.get(f"{at}/rows.csv", lang=lang).text
    assert "名单.csv" in pages.get("/followup/lists", lang=lang).text


def test_lists_are_their_campuss_affair(pages: Pages) -> None:
    pages.site.db.run_sync(campuses_store.put_campus, Campus(id="east", title="东院"))
    pages.site.run(pages.site.core.campuses.load())
    at = hand_in(pages).headers["location"]
    for path in (at, f"{at}/now", f"{at}/rows.csv"):
        assert pages.get(path, **EAST).status == 404
    assert pages.post(f"{at}/take", {}, **EAST).status == 404
    assert "名单.csv" not in pages.get("/followup/lists", **EAST).text
    assert hand_in(pages, **EAST).status == 404
    assert pages.get("/followup/lists", user=AGENT, may=WORKS).status == 403
    east = hand_in(pages, "east", user=evolve(LEADER, campus="east"), may=EAST["may"])
    assert east.status == 303


def test_a_plans_queue_is_chosen_and_one_that_is_gone_stays(pages: Pages) -> None:
    pages.site.db.run_sync(add_queue, Queue(id="heart", title="心内随访", title_en="Heart"))
    pages.site.ways(Way.AGENT, queue="old")
    seen = pages.get("/followup/plans/general").text
    assert '<option value="heart">心内随访</option>' in seen
    assert '<option value="old" selected>' in seen
    assert (
        '<option value="heart">Heart</option>'
        in pages.get("/followup/plans/general", lang="en").text
    )


def test_coverage_adds_up_and_who_has_no_number_is_not_closed(pages: Pages) -> None:
    pages.discharged(1, days=0, ward="一病区", phone="无")
    pages.discharged(2, days=3, ward="一病区", phone="13800000012")
    seen = pages.get("/followup/coverage/now?by=ward").text
    [line] = pages.site.run(
        pages.s.figures.coverage(
            (today := pages.site.clock.now().date()) - timedelta(days=30), today, "ward"
        )
    )
    assert (line.due, line.no_number, line.due_open, line.done) == (2, 1, 1, 0)
    assert "/followup?list=no_number" in seen
    assert "0.0%" in seen
    assert pages.get("/followup?list=no_number", may=ALL).status == 200
