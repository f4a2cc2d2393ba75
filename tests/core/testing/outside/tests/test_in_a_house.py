from __future__ import annotations

import pytest
from playwright.sync_api import Page

from careline.testing import on_reactor
from careline.testing.channel import ScriptedChannel
from careline.testing.chromium import Chromium
from careline.testing.house import House


@on_reactor(timeout=60)
async def test_a_talk_on_either_switch(house: House) -> None:
    house.app.hub.register("channel", channel := ScriptedChannel())
    talk = await house.talk("13800001111", agent="8001")
    await talk.phone.hang_up()
    await house.calls_over()
    await house.work("thanks.send", call=talk.id)
    assert channel.texts == ["您好，感谢来电。"]


@pytest.mark.integration
@pytest.mark.parametrize("house", ["scripted"], indirect=True)
@on_reactor(timeout=60)
async def test_a_leader_looks_at_the_page(house: House, chromium: Chromium) -> None:
    tab = await chromium.open(house.url, "leader")
    assert await tab.do(_sent) == "0"


def _sent(page: Page) -> str:
    page.goto("/thanks")
    return page.inner_text("[data-sent]")
