"""How the pages of the set-up store: checked, audited, and taken up by Asterisk and the core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from attrs import frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.storage import Database
from careline.web import FormState, Redirect, Visit
from careline.web.toast import toast

T = TypeVar("T")

Apply = Callable[[], Awaitable[tuple[Text, ...]]]
"""Lets Asterisk and the core take a change up; gives what the administrator has to do yet."""

SAVED = Text("Saved; it counts from the next call on.")
STORED = Text("Saved, but Asterisk has not taken it up: {why}")


@frozen
class Keeping:
    """Stores by verbs of careline.site, each a function of a transaction."""

    db: Database
    apply: Apply

    async def store(
        self, visit: Visit, act: str, whose: str, verb: Callable[..., T], *args: Any
    ) -> T:
        """Run a verb in its transaction and write it into the audit log; raises what it refuses."""
        result = await self.db.run(verb, *args)
        await visit.audit(act, kind="setup", whose=whose)
        return result

    async def done(self, visit: Visit, path: str) -> Redirect:
        """Let the change take effect and show ``path``, with a notice how that went."""
        tone = "good"
        try:
            notes = await self.apply()
            text = notes[0] if notes else SAVED
            tone = "warn" if notes else "good"
        except CarelineError as error:
            text, tone = Text(STORED.msgid, {"why": _words(error, visit)}), "bad"
        return Redirect(path, headers={"HX-Trigger": toast(visit, text, tone)})


def _words(error: CarelineError, visit: Visit) -> str:
    from careline.i18n import error_text

    return error_text(error, visit.language)


def beside(form: FormState, error: CarelineError) -> FormState:
    """The form with a verb's refusal: each problem beside its field, in words for a page."""
    problems = [_shorter(one) for one in error.problems]
    if problems:
        return form.with_error(
            Invalid(error.code, error.message, problems=problems, **error.params)
        )
    return form.with_error(_shorter(error))


def _shorter(error: CarelineError) -> CarelineError:
    """Beside its field a problem need not name it again."""
    if error.code == "input.field":
        params = {"field": error.params["field"], "hint": error.params["hint"]}
        return Invalid("input.field", "not right: {hint}", problems=(), **params)
    if error.code == "trunk.rule":
        return Invalid("trunk.rule", "this is not right", problems=(), field=error.params["field"])
    return error
