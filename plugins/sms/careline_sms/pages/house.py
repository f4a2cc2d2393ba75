"""``/sms/gateways``, ``/sms/greetings``, and ``/sms/console``: messages as telephones show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from attrs import evolve, frozen

from careline.auth.model import NOBODY
from careline.errors import CarelineError
from careline.i18n import Text, error_text
from careline.web import Answer, Empty, FormState, Fragment, Page, Visit, get, post, toast
from careline_sms.model import Message, Reply, State, Wanted
from careline_sms.occasions.birthdays import celebrants
from careline_sms.pages import words
from careline_sms.pages.eyes import GROUP, SEND, VIEW
from careline_sms.sending.together import joint
from careline_sms.services import Services
from careline_sms.text import signed

DAYS = 7
#: Telephones of the console page, and lines of each.
PHONES, LINES = 12, 8
READ = 200
CONSOLE = "console"
OVER = frozenset({State.WITHDRAWN, State.REJECTED, State.FAILED})


@frozen(kw_only=True, repr=False)
class Line:
    """One line of a telephone: a message of ours, or a reply."""

    at: datetime
    text: str
    message: Message | None = None


@frozen(kw_only=True, repr=False)
class Telephone:
    """A number and what was said with it, the newest last; ``last`` is the message to answer."""

    number: str
    lines: Sequence[Line]
    last: int


@frozen
class HousePages:
    """Routes of what the house has and does by itself."""

    services: Services

    @get("/sms/gateways", permission=VIEW)
    async def gateways(self, visit: Visit) -> Answer:
        """Each gateway with its state."""
        return Page("sms/gateways.html", self._gateways(), title=visit._("Gateways"))

    @get("/sms/gateways/now", permission=VIEW)
    async def gateways_now(self, visit: Visit) -> Answer:
        """The same as it changes."""
        return Fragment("sms/gateways_now.html", self._gateways())

    def _gateways(self) -> dict[str, object]:
        lines = self.services.gateways.listed()
        return {
            "lines": lines,
            "money": words.money,
            "console": any(one.kind == CONSOLE for one in lines),
        }

    # Birthdays

    @get("/sms/greetings", permission=GROUP)
    async def greetings(self, visit: Visit) -> Answer:
        """Who has a birthday in the next days, and whether greetings are sent."""
        config = self.services.config.occasions
        today = visit.now.astimezone(visit.zone).date()
        values = {
            "days": [await self._day(today + timedelta(days=ahead)) for ahead in range(DAYS)],
            "on": config.birthdays,
            "at": config.birthdays_at,
            "template": next(
                (one for one in self.services.templates.all if one.name == "birthday"), None
            ),
        }
        return Page("sms/greetings.html", values, title=visit._("Birthdays"))

    async def _day(self, day: date) -> tuple[date, int]:
        found = await self.services.core.db.run(celebrants, day, 0, 2000)
        return day, len(found)

    # The console

    @get("/sms/console", permission=VIEW)
    async def console(self, visit: Visit) -> Answer:
        """Telephones with what was said, for a house that sends to nobody yet."""
        visit.need(VIEW, NOBODY)
        await visit.audit("sms.console", kind="sms")
        values = await self._phones(visit)
        values["form"] = FormState.of(None, visit.language, tail=values["tail"])
        return Page("sms/console.html", values, title=visit._("Telephones of the demonstration"))

    @get("/sms/console/now", permission=VIEW)
    async def console_now(self, visit: Visit) -> Answer:
        """The same as it changes."""
        visit.need(VIEW, NOBODY)
        return Fragment("sms/console_now.html", await self._phones(visit))

    async def _phones(self, visit: Visit) -> dict[str, object]:
        messages = self.services.messages
        tail = "".join(one for one in visit.args.get("tail", "") if one in "0123456789")[-20:]
        found, count = await messages.listed(Wanted(number=tail), 0, READ, as_sent=True)
        phones = telephones(found, await messages.replies(most=READ))
        shown = sum(1 for phone in phones for line in phone.lines if line.message)
        return {
            "tail": tail,
            "hidden": count - shown,
            "on": any(one.kind == CONSOLE for one in self.services.gateways.listed()),
            "phones": phones,
            "signed": lambda one: signed(one.text, self.services.config.signature_of(one.campus)),
            "state_of": lambda one: words.state_of(one, visit.now),
            "over": OVER,
            "may_reply": visit.may(SEND),
        }

    @post("/sms/console/<int:message_id>/reply", permission=SEND)
    async def reply(self, visit: Visit, message_id: int) -> Answer:
        """Write as that telephone would; only where a console gateway is."""
        visit.need(VIEW, NOBODY)
        text = visit.form.get("text", "").strip()[:200]
        if not text:
            return Empty(trigger=toast(visit, Text("Please write something."), "warn"))
        found = await self.services.messages.get(message_id)
        try:
            await self.services.gateways.console_reply(found.to, text)
        except CarelineError as error:
            why = Text(error_text(error, visit.language))
            return Empty(trigger=toast(visit, why, "warn"))
        return Empty(trigger=toast(visit, Text("Written as this telephone.")))


def telephones(messages: Sequence[Message], replies: Sequence[Reply]) -> list[Telephone]:
    """Those that were written to last, each with its last lines in order."""
    lines: dict[str, list[Line]] = {}
    last: dict[str, int] = {}
    inside = [one for one in reversed(messages) if one.carrier]
    for message in messages:
        if message.carrier:
            continue
        one = evolve(
            message, text=joint([message, *(it for it in inside if it.carrier == message.id)])
        )
        at = one.not_before if one.state in (State.HELD, State.QUEUED) else one.sent or one.changed
        lines.setdefault(one.to, []).append(Line(at=at, text=one.text, message=one))
        last.setdefault(one.to, one.id)
    for reply in replies:
        if reply.number in lines:
            lines[reply.number].append(Line(at=reply.at, text=reply.text))
    made = [
        Telephone(
            number=number,
            lines=sorted(those, key=lambda line: line.at)[-LINES:],
            last=last[number],
        )
        for number, those in lines.items()
    ]
    return made[:PHONES]
