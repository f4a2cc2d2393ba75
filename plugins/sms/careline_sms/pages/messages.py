"""``/sms``: the list in which one searches, one message with what happened to it, and replies."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from attrs import evolve, frozen

from careline.auth.model import NOBODY
from careline.errors import CarelineError, NotFound
from careline.i18n import Text, error_text
from careline.i18n.when import parse_days
from careline.web import Answer, FormState, Fragment, Page, Redirect, Visit, get, post
from careline_sms.model import NEXT, RESENDABLE, Heard, Message, State, Wanted
from careline_sms.pages import words
from careline_sms.pages.eyes import APPROVE, SEND, VIEW, Eyes, sees_all
from careline_sms.services import Services

MOST = 50
LAST_PAGE = 200
USUAL = timedelta(days=6)
FIELDS = ("days", "state", "purpose", "gateway", "tail", "patient", "group")
ENDED = frozenset({State.DELIVERED, State.FAILED, State.UNCERTAIN, State.REJECTED, State.WITHDRAWN})
TITLE = Text("Text messages")
BY_HAND = Text("withdrawn by hand")


@frozen(kw_only=True)
class Counts:
    """Messages by what people want to know of them; ``sent`` are those a gateway has taken."""

    sent: int
    delivered: int
    waiting: int
    failed: int
    uncertain: int
    withdrawn: int


@frozen
class MessagePages:
    """Routes of messages and replies."""

    services: Services
    eyes: Eyes

    @get("/sms", permission=SEND)
    async def listed(self, visit: Visit) -> Answer:
        """Messages by what is typed, the newest first."""
        wanted, form = await self._wanted(visit)
        page = min(visit.page_number(), LAST_PAGE)
        found, count = await self.services.messages.listed(wanted, (page - 1) * MOST, MOST)
        counts = await self._counts(wanted)
        typed = {name: form.value(name) for name in FIELDS if form.value(name)}
        if form.value("tail") or form.value("patient"):
            await visit.audit("sms.search", kind="sms", what=", ".join(typed))
        values = {
            "form": form,
            "messages": found,
            "counts": counts,
            "page": page,
            "pages": min(LAST_PAGE, max(1, -(-count // MOST))),
            "args": typed,
            **await self._words(visit),
        }
        return Page("sms/list.html", values, title=TITLE)

    @get("/sms/counts", permission=SEND)
    async def counts(self, visit: Visit) -> Answer:
        """How many of these there are in each state, as it changes."""
        wanted, _ = await self._wanted(visit)
        return Fragment("sms/counts.html", {"counts": await self._counts(wanted)})

    async def _counts(self, wanted: Wanted) -> Counts:
        found = await self.services.messages.counts(evolve(wanted, states=()))

        def of(*states: State) -> int:
            return sum(found.get(one, 0) for one in states)

        return Counts(
            sent=of(State.SENT, State.DELIVERED, State.FAILED),
            delivered=of(State.DELIVERED),
            waiting=of(State.HELD, State.QUEUED, State.LEASED),
            failed=of(State.FAILED, State.REJECTED),
            uncertain=of(State.UNCERTAIN),
            withdrawn=of(State.WITHDRAWN),
        )

    async def _wanted(self, visit: Visit) -> tuple[Wanted, FormState]:
        args = {name: visit.args.get(name, "").strip()[:60] for name in FIELDS}
        form = FormState.of(None, visit.language, **args)
        today = visit.now.astimezone(visit.zone).date()
        first, last = today - USUAL, today
        every = args["group"] and not args["days"]  # those of one group, whenever they were put
        try:
            first, last = parse_days(args["days"], today) if args["days"] else (first, last)
        except CarelineError as error:
            form = evolve(form, errors={"days": error_text(error, visit.language)})
        state = next((one for one in State if one.value == args["state"]), None)
        return (
            Wanted(
                since=None if every else datetime.combine(first, time(), visit.zone),
                until=None
                if every
                else datetime.combine(last + timedelta(days=1), time(), visit.zone),
                states=(state,) if state else (),
                purpose=args["purpose"],
                gateway=args["gateway"],
                group=args["group"],
                number="".join(one for one in args["tail"] if one in "0123456789")[-20:],
                patient=_number(args["patient"]),
                by="" if sees_all(visit) else visit.user.login,
            ),
            form,
        )

    async def _words(self, visit: Visit) -> dict[str, Any]:
        titles = {one.name: visit.text(Text(one.title)) for one in self.services.templates.all}
        names = [one.name for one in self.services.gateways.listed()]
        return {
            "state_of": lambda one: words.state_of(one, visit.now),
            "purpose": words.purpose,
            "states": [("", visit._("all"))]
            + [(one.value, visit.text(words.STATES[one])) for one in State],
            "purposes": [("", visit._("all"))]
            + [(name, visit.text(title)) for name, title in words.ALL_PURPOSES.items()],
            "gateways": [("", visit._("all")), *((one, one) for one in names)],
            "title_of": lambda one: titles.get(one.template, one.template) or visit._("free text"),
            "money": words.money,
            "all": sees_all(visit),
        }

    # One

    @get("/sms/messages/<int:message_id>", permission=SEND)
    async def one(self, visit: Visit, message_id: int) -> Answer:
        """A message whole, with what happened to it and what was answered."""
        found = await self.eyes.message(visit, message_id)
        await visit.audit("sms.looked", kind="sms", whose=str(message_id))
        return await self._one(visit, found)

    async def _one(self, visit: Visit, found: Message, error: str = "") -> Answer:
        messages = self.services.messages
        values = {
            "one": found,
            "ended": ENDED,
            **await self._steps(found.id),
            "replies": await messages.replies_to(found.id),
            "carried": await messages.carried(found.id),
            "heard": words.HEARD,
            "error": error,
            "can_withdraw": State.WITHDRAWN in NEXT[found.state],
            "can_resend": found.state in RESENDABLE,
            "can_release": found.state is State.HELD and visit.may(APPROVE),
            "preview": self.services.templates.preview(found.text, campus=found.campus),
            "patient": await self._patient(visit, found.patient),
            **await self._words(visit),
        }
        return Page("sms/one.html", values, title=visit._("Message"), status=409 if error else 200)

    @get("/sms/messages/<int:message_id>/steps", permission=SEND)
    async def steps(self, visit: Visit, message_id: int) -> Answer:
        """What happened to it, as it changes."""
        found = await self.eyes.message(visit, message_id)
        return Fragment("sms/steps.html", await self._steps(found.id))

    async def _steps(self, message_id: int) -> dict[str, Any]:
        found = await self.services.messages.history(message_id)
        return {
            "steps": list(reversed(found)),
            "state_titles": words.STATES,
            "tones": words.TONES,
            "icons": words.ICONS,
        }

    async def _patient(self, visit: Visit, patient: int) -> str:
        if not patient or not visit.may("patients.view"):
            return ""
        try:
            found = await self.services.core.patients.get(patient)
        except NotFound:
            return ""
        return str(found.name)

    @post("/sms/messages/<int:message_id>/withdraw", permission=SEND)
    async def withdraw(self, visit: Visit, message_id: int) -> Answer:
        """Call it back before it is sent."""
        found = await self.eyes.message(visit, message_id)
        by = visit.user.login
        done = await self.services.core.db.run(
            self.services.messages.withdraw, found.key, BY_HAND.msgid, by
        )
        if not done:
            found = await self.services.messages.get(message_id)
            return await self._one(visit, found, visit._("It is on its way already."))
        await visit.audit("sms.withdrawn", kind="sms", whose=str(message_id))
        return Redirect(f"/sms/messages/{message_id}")

    @post("/sms/messages/<int:message_id>/resend", permission=SEND)
    async def resend(self, visit: Visit, message_id: int) -> Answer:
        """Send it once more, by a person's decision."""
        found = await self.eyes.message(visit, message_id)
        try:
            await self.services.messages.resend(message_id, visit.user.login)
        except CarelineError as error:
            return await self._one(visit, found, error_text(error, visit.language))
        await visit.audit("sms.resent", kind="sms", whose=str(message_id))
        return Redirect(f"/sms/messages/{message_id}")

    @post("/sms/messages/<int:message_id>/release", permission=APPROVE)
    async def release(self, visit: Visit, message_id: int) -> Answer:
        """Approve one that waits for it."""
        found = await self.eyes.message(visit, message_id)
        try:
            await self.services.messages.release(message_id, visit.user.login)
        except CarelineError as error:
            return await self._one(visit, found, error_text(error, visit.language))
        await visit.audit("sms.released", kind="sms", whose=str(message_id))
        return Redirect(f"/sms/messages/{message_id}")

    # Replies

    @get("/sms/replies", permission=VIEW)
    async def replies(self, visit: Visit) -> Answer:
        """What patients wrote to us; at first what nobody has understood."""
        visit.need(VIEW, NOBODY)
        every = visit.args.get("only", "") == "all"
        found = await self.services.messages.replies(unknown=not every, most=200)
        values = {"replies": found, "heard": words.HEARD, "every": every, "unknown": Heard.UNKNOWN}
        return Page("sms/replies.html", values, title=visit._("Replies"))


def _number(text: str) -> int:
    digits = text.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else 0
