"""Panels: one that fails, hangs or lies shows its own error card, and the rest stands."""

from __future__ import annotations

import json

import pytest
from tests.core.web.conftest import Bench
from twisted.internet.defer import Deferred

from careline.errors import Refused
from careline.hooks import Slot
from careline.testing import run_async
from careline.web.panels import OPENS_S, PANEL_S
from careline.web.visit import Visit


def test_a_panel_loads_by_itself_with_what_it_is_asked_for(bench: Bench) -> None:
    seen = bench.get("/panel/sample_good?call=hq-1")
    assert seen.status == 200
    assert "<html" not in seen.text
    assert seen.find("p.good")[0].text == "hq-1"


@pytest.mark.parametrize("name", ["failing", "nothing", "broken"])
def test_a_panel_that_fails_shows_its_own_card_with_a_way_to_try_again(
    bench: Bench, name: str
) -> None:
    seen = bench.get(f"/panel/sample_{name}?call=hq-1")
    (event,) = bench.errors()
    assert seen.status == 500
    assert "<html" not in seen.text
    assert event["id"] in seen.text
    assert "secret detail" not in seen.text
    assert seen.find("button[data-retry]")
    assert bench.get("/panel/sample_good").status == 200


def test_a_panel_that_hangs_is_given_up_while_the_others_load(bench: Bench) -> None:
    slow = bench.browser.send("GET", "/panel/sample_hanging")
    assert bench.get("/panel/sample_good").status == 200
    assert not slow.got
    bench.house.reactor.advance(PANEL_S)
    assert b"504" in slow.got.partition(b"\r\n")[0]
    assert len(bench.errors()) == 1


def test_panels_keep_to_their_permissions(bench: Bench) -> None:
    nobody = bench.house.browser(permissions=[])
    assert bench.get("/panel/sample_good", nobody).status == 403
    assert bench.house.audit.acts == ["denied"]
    stranger = bench.house.browser(signed_in=False)
    assert bench.get("/panel/sample_good", stranger).status == 401
    assert bench.get("/panel/nothing_like_it").status == 404


def test_a_panel_of_a_plugin_that_has_gone_is_gone(bench: Bench) -> None:
    bench.house.offers.drop("sample")
    seen = bench.get("/panel/sample_good")
    assert (seen.status, "error-card" in seen.text) == (404, False)
    assert "此功能已停用" in seen.text
    assert bench.get("/sample").status == 404


def _best(bench: Bench) -> str:
    bench.get("/sample")
    visit: Visit = bench.sample.routes.seen[-1]
    panel = run_async(bench.house.panels.best(Slot.WORK, visit), bench.house.clock)
    return panel.name if panel else ""


def test_the_tab_that_fits_best_opens(bench: Bench) -> None:
    assert _best(bench) == "sample_broken", "the first, when none says that it fits"
    bench.sample.views.fits = {"good": 10, "nothing": 90, "failing": RuntimeError("no")}
    assert _best(bench) == "sample_nothing"


def test_a_tab_that_does_not_say_so_in_time_does_not_open(bench: Bench) -> None:
    bench.sample.views.fits = {"good": 10, "hanging": Deferred}
    began = bench.house.clock.seconds()
    assert _best(bench) == "sample_good"
    assert bench.house.clock.seconds() - began <= OPENS_S


def test_what_a_panel_refuses_is_told_in_its_place(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(visit: Visit) -> dict[str, object]:
        raise Refused("x.y", "only during the call")

    panel = bench.house.offers.panel("sample_good")
    assert panel is not None
    object.__setattr__(panel, "view", refuses)
    seen = bench.get("/panel/sample_good")
    assert (seen.status, "only during the call" in seen.text) == (403, True)
    assert json.dumps(seen.headers)
