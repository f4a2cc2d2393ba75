"""With the plugin that sends messages: a text goes out, a number comes back, and is a rating."""

from __future__ import annotations

import pytest
from tests.plugins.satisfaction.site import NUMBER, Site
from tests.plugins.sms.site import Site as Messages

from careline.hooks import InboundMessage, hook
from careline.storage import Database
from careline_satisfaction.answers.model import State, Way


class Ratings:
    """The plugin, as far as it hears of messages."""

    def __init__(self, site: Site) -> None:
        self._plugin = site.plugin

    @hook
    async def message_replied(self, reply: InboundMessage) -> str | None:
        """Its own answer."""
        return await self._plugin.message_replied(reply)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_caller_rates_by_text_message(db: Database) -> None:
    site, messages = Site(db, by_message=True), Messages(db).start()
    site.listener.sends = False
    site.hub.register("sms", messages.plugin)
    messages.hub.register("satisfaction", Ratings(site))
    site.over(site.talk())
    site.fake.advance(600)
    site.work()
    assert site.answer().state is State.ASKED
    messages.pass_(120)
    [sent] = messages.gateways["a"].sent
    assert (sent.to, "1-5" in sent.text) == (NUMBER, True)
    messages.replied("2 等太久了", NUMBER)
    messages.pass_(120)
    answer = site.answer()
    assert (answer.state, answer.way, answer.level) == (State.ANSWERED, Way.MESSAGE, 2)
    assert answer.comment == "等太久了"
    assert "感谢您的评价" in messages.gateways["a"].sent[-1].text
    messages.stop()
