"""``/f/<token>``: one question after the other, without a login and without a script.

Nothing on it says who the patient is or what the illness was: whoever finds the telephone learns
only that somebody was asked. Answers are stored one by one; the last one spends the link.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field, frozen

from careline.errors import NotFound
from careline.i18n import LANGUAGES, Text
from careline.surveys.model import Question
from careline.surveys.replying import read_replies
from careline.web import PUBLIC, Answer, FormState, Page, Redirect, Visit, get, post
from careline_followup.answers.service import values_of
from careline_followup.plans.model import Way
from careline_followup.services import Services
from careline_followup.tasks.model import Task

TITLE = Text("Follow-up")
#: Wrong tokens that one address may ask for in so many seconds; each further one has to wait. Right
#: ones never do: all patients may come by one proxy, and nobody can shut them out by guessing.
WRONG_MOST = 20
WRONG_S = 600.0
WAIT_S = 1.0
ADDRESSES = 2000


@define
class Guesses:
    """Counts wrong tokens by address, in memory: guessing 128 bits must not load the database."""

    _clock: Any
    _wrong: OrderedDict[str, tuple[float, int]] = field(factory=OrderedDict)

    def is_too_many(self, address: str) -> bool:
        """True when this address has guessed enough for now."""
        since, count = self._wrong.get(address, (0.0, 0))
        return count >= WRONG_MOST and self._clock.seconds() - since < WRONG_S

    def wrong(self, address: str) -> None:
        """Count one more."""
        now = self._clock.seconds()
        since, count = self._wrong.pop(address, (now, 0))
        fresh = now - since >= WRONG_S
        self._wrong[address] = (now, 1) if fresh else (since, count + 1)
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)


@frozen
class LinkPages:
    """The two routes of a link."""

    services: Services
    guesses: Guesses

    @get("/f/<token>", permission=PUBLIC)
    async def show(self, visit: Visit, token: str) -> Answer:
        """The first question without an answer."""
        return await self._shown(visit, token, self._page)

    @post("/f/<token>", permission=PUBLIC)
    async def answer(self, visit: Visit, token: str) -> Answer:
        """Store one answer; then the next question, or thanks."""
        return await self._shown(visit, token, self._answered)

    async def _shown(
        self, visit: Visit, token: str, how: Callable[[Visit, str, Task], Awaitable[Answer]]
    ) -> Answer:
        """In the reader's language; a link that leads nowhere says so, and no more."""
        visit.language = language_of(visit)
        try:
            return await how(visit, token, await self._open(visit, token))
        except NotFound:
            gone = Page("followup/link_gone.html", {}, title=TITLE, status=404)
            return _seen(gone, visit)

    async def _answered(self, visit: Visit, token: str, task: Task) -> Answer:
        answers = self.services.answers
        survey = await answers.survey(task.id)
        question = survey.question(visit.form.get("question", ""))
        if question is None:
            return Redirect(f"/f/{token}?lang={visit.language}")
        filled, form = read_replies(visit, survey, [question.name])
        if question.name not in filled.values:
            return await self._page(visit, token, task, question, form)
        value, text = filled.values[question.name], filled.texts.get(question.name, "")
        given = await answers.reply(task.id, question.name, value, Way.MESSAGE, "", text)
        if given.next is not None:
            return await self._page(visit, token, task, flagged=given.flag is not None)
        flags = await self.services.flags.of_task(task.id)
        await self.services.links.spend(token)
        done = Page("followup/link_done.html", {"flagged": bool(flags)}, title=TITLE)
        return _seen(done, visit)

    async def _open(self, visit: Visit, token: str) -> Task:
        try:
            return await self.services.links.open(token)
        except NotFound:
            if self.guesses.is_too_many(visit.address):
                await self.services.core.clock.sleep(WAIT_S)
            self.guesses.wrong(visit.address)
            raise

    async def _page(
        self,
        visit: Visit,
        token: str,
        task: Task,
        again: Question | None = None,
        form: FormState | None = None,
        flagged: bool = False,
    ) -> Page:
        answers = self.services.answers
        survey, given = await answers.survey(task.id), await answers.given(task.id)
        question = again or survey.next(values_of(given))
        if question is None:
            raise NotFound("followup.no_link", "This link is not valid any more.")
        values = {
            "token": token,
            "survey": survey,
            "question": question,
            "form": form,
            "count": len(given) + 1,
            "flagged": flagged,
            "missing": again is not None and form is not None and form.ok,
        }
        status = 422 if again else 200
        return _seen(Page("followup/link.html", values, title=TITLE, status=status), visit)


def language_of(visit: Visit) -> str:
    """What the reader has chosen on the page or before, else the telephone's first language."""
    chosen = visit.args.get("lang", "") or visit.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    first = visit.headers.get("accept-language", "").strip()[:2].lower()
    return first if first in LANGUAGES else visit.language


def _seen(page: Page, visit: Visit) -> Page:
    """The same, kept by no browser or proxy; a link to the other language stands on it.

    A stricter Referrer-Policy than the site's would make browsers hide where a form comes from.
    """
    headers = {"Cache-Control": "no-store"}
    values = {**page.values, "other": next(one for one in LANGUAGES if one != visit.language)}
    return Page(page.template, values, title=page.title, status=page.status, headers=headers)
