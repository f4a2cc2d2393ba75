"""The pages of the core as a whole: who may come where, and plugins' pages beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from attrs import evolve
from tests.core.web.sample import Sample
from twisted.internet.error import CannotListenError

from careline.alarms import sources
from careline.app import App
from careline.config import Home, load, write_default
from careline.errors import Invalid
from careline.hooks import Panel, Slot, hook
from careline.plugins.catalog import Catalog
from careline.plugins.service import PluginChange, Stage
from careline.testing import run_async
from careline.testing.memory import MemoryReactor
from careline.testing.web import WebHouse
from careline.web.routes import PUBLIC, SIGNED_IN, Route

#: All that strangers reach. Each of these decides for itself what it shows; think before adding.
OPEN = {
    "GET /link/<token>",
    "GET /phone",
    "GET /phone/account",
    "GET /signin",
    "GET /signin/overlay",
    "GET /wallboard/screen/<token>",
    "GET /wallboard/screen/<token>/now",
    "POST /language",
    "POST /link/<token>",
    "POST /signin",
    "POST /signin/code",
    "POST /signin/overlay",
    "POST /signin/overlay/code",
    "POST /signin/unlock",
    "POST /signout",
    "POST /theme",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A core that is built and never started."""
    home = Home(tmp_path_factory.mktemp("home"))
    write_default(home)
    made = App(MemoryReactor(), load(home.config, {}), catalog=Catalog({}, {}))
    yield made
    made.migrations.close()
    run_async(made.db.close())


@pytest.fixture
def house(app: App) -> WebHouse:
    """The core's pages with a stand-in for who comes in."""
    made = WebHouse(known=app.offers.permissions)
    for offer in app.offers:
        made.offers.add(offer)
    return made


def routes(house: WebHouse) -> list[Route]:
    return [*house.shell.routes]


def address(route: Route) -> str:
    """An address that leads to the route."""
    return re.sub("<[^>]*>", "1", route.rule.path)


def test_only_these_are_open_to_strangers(house: WebHouse) -> None:
    assert {str(one) for one in routes(house) if one.rule.permission == PUBLIC} == OPEN


def test_strangers_are_let_into_nothing_else(house: WebHouse) -> None:
    stranger = house.browser(signed_in=False)
    for route in routes(house):
        if route.rule.permission != PUBLIC:
            ask = stranger.get if route.rule.method == "GET" else stranger.post
            seen = run_async(ask(address(route)), house.clock)
            assert seen.status in (303, 401), str(route)
            assert seen.body == b"", str(route)


def test_without_its_permission_no_route_answers(house: WebHouse) -> None:
    nobody = house.browser(permissions=[])
    guarded = [one for one in routes(house) if one.rule.permission not in (PUBLIC, SIGNED_IN)]
    assert len(guarded) > 50
    for route in guarded:
        ask = nobody.get if route.rule.method == "GET" else nobody.post
        seen = run_async(ask(address(route)), house.clock)
        assert seen.status == 403, str(route)


def test_no_form_is_taken_without_its_token(house: WebHouse) -> None:
    browser = house.browser(permissions=list(house.offers.permissions))
    for route in routes(house):
        if route.rule.method == "POST":
            seen = run_async(browser.post(address(route), {"csrf": "x"}), house.clock)
            assert seen.status == 403, str(route)


def test_no_two_parts_of_the_workspace_get_in_each_others_way(app: App) -> None:
    app.workspace.shell.resource()
    panels = [panel.name for offer in app.offers for panel in offer.panels]
    assert len(panels) == len(set(panels))


def test_a_plugins_pages_come_and_go_with_it(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = Sample()
    monkeypatch.setattr(app.plugins, "hooks", lambda name: sample)
    app.hub.register("sample", sample)
    app.workspace.plugin_changed(PluginChange("sample", Stage.LOADED))
    assert "sample.see" in app.offers.permissions
    assert app.offers.panel("sample_good") is not None
    assert "sample" in {page.name for page in app.offers.pages}
    app.workspace.plugin_changed(PluginChange("sample", Stage.GOING))
    app.hub.unregister("sample")
    assert "sample.see" not in app.offers.permissions
    assert "sample" not in {page.name for page in app.offers.pages}


class Greedy(Sample):
    """Wants what nobody knows, and names that are taken."""

    @hook
    def panels(self) -> list[Panel]:
        """One wrong in each way."""
        return [self._panel("a", self.views.good), self._panel("a", self.views.good), self._odd()]

    def _odd(self) -> Panel:
        return Panel(
            name="odd",
            title="Odd",
            slot=Slot.HOME,
            template="sample/panel.html",
            view=self.views.good,
            permission="nobody.knows",
        )


def test_what_is_wrong_with_a_plugins_pages_is_all_told_and_nothing_of_it_stays(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = Greedy()
    monkeypatch.setattr(app.plugins, "hooks", lambda name: greedy)
    app.hub.register("greedy", greedy)
    with pytest.raises(Invalid) as caught:
        app.workspace.plugin_changed(PluginChange("greedy", Stage.LOADED))
    app.hub.unregister("greedy")
    assert [str(problem) for problem in caught.value.problems] == [
        "greedy: odd needs permission nobody.knows, which nobody knows",
        "greedy: sample_a is a panel that is there already",
    ]
    assert "sample" not in {page.name for page in app.offers.pages}


def test_a_page_of_a_plugin_stays_below_its_path(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = Sample()
    wrong = [evolve(page, path="/other") for page in sample.pages()]
    monkeypatch.setattr(Sample, "pages", hook(lambda self: wrong))
    monkeypatch.setattr(app.plugins, "hooks", lambda name: sample)
    app.hub.register("sample", sample)
    with pytest.raises(Invalid) as caught:
        app.workspace.plugin_changed(PluginChange("sample", Stage.LOADED))
    app.hub.unregister("sample")
    assert "GET /sample does not begin with /other" in [str(one) for one in caught.value.problems]


def test_the_hotline_does_not_need_the_port(app: App) -> None:
    def taken(*_: object, **__: object) -> object:
        raise CannotListenError("127.0.0.1", 8000, OSError("taken"))

    site = app.workspace.site
    good, site._reactor = site._reactor, type("Full", (), {"listenTCP": staticmethod(taken)})()
    app.workspace.listen()
    assert "8000" in site.failure
    assert len(list(sources.workspace(site.failure))) == 1
    site._reactor = good
    app.workspace.listen()
    assert (site.failure, site.port) == ("", 8000)
    app.workspace.listen()
    run_async(app.workspace.stop())


def test_a_core_that_ends_opens_its_port_no_more(app: App) -> None:
    app.workspace.listen()
    run_async(app.workspace.stop())
    app.workspace.listen()  # as it is asked to every few seconds until all has ended
    assert app.workspace.site.port == 0
