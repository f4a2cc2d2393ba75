"""With the plugin that sends messages: links to patients by day, red flags to wards at any hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.plugins.followup.site import Site
from tests.plugins.sms.site import Site as Messages

from careline.hooks import InboundMessage, hook
from careline.messaging.gateway import Rejected
from careline.outbound.model import Mode
from careline.storage import Database
from careline_followup.flags.model import FlagState, Post
from careline_followup.plans.model import Way
from careline_followup.tasks.model import Why
from careline_sms import store
from careline_sms.model import State as MessageState

WARD = "+8613500000001"


class FollowUp:
    """The plugin, as far as it hears of messages."""

    def __init__(self, site: Site) -> None:
        self._plugin = site.plugin

    @hook
    async def message_replied(self, reply: InboundMessage) -> str | None:
        return await self._plugin.message_replied(reply)


def both(db: Database, *script: Rejected, hour: int = 10) -> tuple[Site, Messages]:
    """A patient three days after the discharge, who is to have a link first, sent at ``hour``."""
    site, messages = Site(db, public_url="https://call.hospital.example"), Messages(db).start()
    site.house.mute = True
    messages.wall = timedelta(hours=hour - 10)
    messages.gateways["a"].script = list(script)
    site.hub.register("sms", messages.plugin)
    messages.hub.register("followup", FollowUp(site))
    site.ways(Way.MESSAGE, Way.AGENT)
    site.stay()
    site.work()
    site.later(days=3)
    messages.wall = timedelta(days=3)
    return site, messages


def settled(site: Site, messages: Messages) -> None:
    """What became of messages is told, twice."""
    for told in (*messages.told, *messages.told):
        site.run(site.plugin.message_settled(*told))


def test_a_link_is_sent_and_opens(db: Database) -> None:
    site, messages = both(db)
    messages.pass_(120)
    [sent] = messages.gateways["a"].sent
    token = sent.text.split("/f/")[1].split()[0]
    assert site.run(site.s.links.open(token)).id == site.first().id
    assert sent.text.startswith("【市一院】")
    messages.stop()


def test_a_link_that_cannot_be_sent_is_followed_by_an_agent(db: Database) -> None:
    site, messages = both(db, Rejected("1", "no such number", other_gateway=False))
    messages.pass_(120)
    settled(site, messages)
    assert [call.task.mode for call in site.calls()] == [Mode.PREVIEW]
    messages.stop()


@pytest.mark.parametrize("hour", [14, 23])
def test_a_ward_hears_of_a_red_flag_by_day_and_night_and_answers(db: Database, hour: int) -> None:
    site, messages = both(db)
    messages.wall += timedelta(hours=hour - 10)
    site.run(site.s.flags.put_post(Post(campus="main", who="护士站", number=WARD)))
    site.reply("feeling", 3)
    flag = site.reply("symptom", 4).flag
    assert flag is not None
    site.work()
    messages.pass_(4.5)
    assert [one.to for one in messages.gateways["a"].sent if "随访红旗" in one.text] == [WARD]
    messages.replied("1", WARD)
    seen = site.run(site.s.flags.get(flag.id))
    assert (seen.state, seen.seen_by) == (FlagState.SEEN, "护士站")
    messages.stop()


def test_a_link_that_waits_is_kept_back_when_nobody_is_to_be_asked(db: Database) -> None:
    site, messages = both(db, hour=23)
    key = site.first().call_key
    site.run(site.s.cases.no_more(site.first().case, Why.DECEASED, "家属告知", "8001"))
    handler = site.hub.durable_handlers("sms")["hook.sms.message_unwanted"]
    site.run(handler({"message_id": key}, None))
    message = db.run_sync(store.by_key, key)
    assert message is not None
    assert (message.state, messages.gateways["a"].sent) == (MessageState.WITHDRAWN, [])
    messages.stop()
