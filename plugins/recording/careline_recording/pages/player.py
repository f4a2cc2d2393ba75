"""``/recordings/<id>``: one recording with its player, and everything that is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from attrs import frozen

from careline.clock import Clock
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text, error_text
from careline.plugins import Core
from careline.web import (
    Answer,
    Download,
    FormState,
    Fragment,
    Page,
    Ranged,
    Redirect,
    Visit,
    get,
    post,
    toast,
)
from careline_recording.model import Recording, Stretch
from careline_recording.pages.ears import PLAY, Ears, said
from careline_recording.pages.listing import names
from careline_recording.service import Recordings

DOWNLOAD = "recording.download"
HOLD = "recording.hold"
LONGEST_MARK = 200
NO_STORE = {"Cache-Control": "no-store"}


@frozen
class PlayerRoutes:
    """One recording: seen, heard, marked, downloaded, kept."""

    core: Core
    recordings: Recordings
    ears: Ears
    clock: Clock

    @get("/recordings/<id>", permission=PLAY)
    async def show(self, visit: Visit, id: str) -> Answer:
        """The page: who talked when; with the player once it is said why."""
        one = await self.ears.need(visit, id)
        await visit.audit("recording.view", kind="recording", whose=one.id, what=one.call)
        return await self._page(visit, one)

    async def _page(
        self, visit: Visit, one: Recording, error: CarelineError | None = None, status: int = 200
    ) -> Page:
        form = FormState.of(None, visit.language, reason=visit.form.get("reason", ""))
        if error is not None and error.code == "recording.reason":
            form, error = form.with_error(error), None
        siblings = await self.recordings.of_call(one.call)
        values = {
            "one": one,
            "why": self.ears.reason(visit, one),
            "form": form,
            "error": error_text(error, visit.language) if error is not None else "",
            "beside": [other for other in siblings if self.ears.may(visit, other)],
            "stretches": [_drawn(visit, stretch) for stretch in one.stretches],
            "marks": await self.recordings.marks(one.id),
            "holds": await self.recordings.holds(one.id),
            "classes": self.recordings.classes,
            "may_download": visit.may(DOWNLOAD),
            "may_hold": visit.may(HOLD),
            "longest": LONGEST_MARK,
            **await names(self.core, visit),
        }
        return Page("recording/one.html", values, title=visit._("Recording"), status=status)

    @post("/recordings/<id>/listen", permission=PLAY)
    async def listen(self, visit: Visit, id: str) -> Answer:
        """Say why; then it can be heard."""
        one = await self.ears.need(visit, id)
        try:
            self.ears.give(visit, one, visit.form.get("reason", ""))
        except Invalid as error:
            return await self._page(visit, one, error, status=422)
        return Redirect(f"/recordings/{one.id}")

    # What the player asks for

    @get("/recordings/<id>/audio", permission=PLAY)
    async def audio(self, visit: Visit, id: str) -> Answer:
        """The sound, in the ranges that the player asks for; checked and told each time."""
        one = await self.ears.need(visit, id)
        await self.ears.listens(visit, one)
        return await self._sound(one, inline=True)

    async def _sound(self, one: Recording, *, inline: bool) -> Download:
        opened = await self.recordings.open(one.id)
        name = f"{one.started.astimezone(UTC):%Y%m%d-%H%M%S}Z-{one.agent or 'call'}"
        body = Ranged(opened.size, opened.read)
        name = f"{name}.{one.format.value}"
        return Download(name, one.format.mime, body, inline=inline, headers=NO_STORE)

    @get("/recordings/<id>/peaks", permission=PLAY)
    async def peaks(self, visit: Visit, id: str) -> Answer:
        """The waveform: bytes of the caller's and the agent's loudness by turns."""
        one = await self.ears.need(visit, id)
        body = await self.recordings.peaks(one.id)
        mime = "application/octet-stream"
        return Download("peaks", mime, body, inline=True, headers=NO_STORE)

    @post("/recordings/<id>/download", permission=DOWNLOAD)
    async def download(self, visit: Visit, id: str) -> Answer:
        """The file, for a reason that is written down."""
        one = await self.ears.need(visit, id)
        try:
            self.ears.give(visit, one, visit.form.get("reason", ""))
            visit.need_proof()
            sound = await self._sound(one, inline=False)
        except CarelineError as error:
            return await self._page(visit, one, _clear(error), status=422)
        why = self.ears.reason(visit, one)
        await visit.audit(
            "recording.download", kind="recording", whose=one.id, what=one.call, why=why
        )
        return sound

    # Marks

    @post("/recordings/<id>/marks", permission=PLAY)
    async def mark(self, visit: Visit, id: str) -> Answer:
        """Put a mark where the player stands."""
        one = await self.ears.need(visit, id)
        place = visit.form.get("at_ms", "")
        if not (place.isascii() and place.isdigit() and len(place) < 10):
            raise Invalid("recording.place", "This is no place in the recording.")
        text = " ".join(visit.form.get("text", "").split())[:LONGEST_MARK]
        made = await self.recordings.mark(one.id, int(place), text, visit.user.login)
        what = f"{made.id} {made.at_ms}"
        await visit.audit("recording.mark", kind="recording", whose=one.id, what=what)
        return await self._marks(visit, one)

    @post("/recordings/<id>/marks/<int:mark>/remove", permission=PLAY)
    async def unmark(self, visit: Visit, id: str, mark: int) -> Answer:
        """Take one's own mark away; those who keep recordings may take any."""
        one = await self.ears.need(visit, id)
        found = next((m for m in await self.recordings.marks(one.id) if m.id == mark), None)
        if found is None:
            raise NotFound("recording.mark", "There is no such mark.")
        if found.by != visit.user.login:
            visit.need(HOLD)
        await self.recordings.unmark(one.id, mark)
        await visit.audit("recording.unmark", kind="recording", whose=one.id, what=str(mark))
        return await self._marks(visit, one)

    async def _marks(self, visit: Visit, one: Recording) -> Fragment:
        values: dict[str, Any] = {
            "one": one,
            "marks": await self.recordings.marks(one.id),
            "may_hold": visit.may(HOLD),
        }
        return Fragment("recording/marks.html", values)

    # Kept from being erased

    @post("/recordings/<id>/hold", permission=HOLD)
    async def hold(self, visit: Visit, id: str) -> Answer:
        """Keep it, for a reason, until it is released."""
        one = await self.ears.need(visit, id)
        why = said(visit.form.get("reason", ""))
        await self.recordings.hold(one.id, why, visit.user.login)
        await visit.audit("recording.hold", kind="recording", whose=one.id, what=one.call, why=why)
        return await self._kept(visit, one, Text("It is kept until it is released."))

    @post("/recordings/<id>/release", permission=HOLD)
    async def release(self, visit: Visit, id: str) -> Answer:
        """Let it be erased when its time is over."""
        one = await self.ears.need(visit, id)
        why = said(visit.form.get("reason", ""))
        await self.recordings.release(one.id, visit.user.login)
        await visit.audit(
            "recording.release", kind="recording", whose=one.id, what=one.call, why=why
        )
        return await self._kept(visit, one, Text("It is erased when its time is over."))

    @post("/recordings/<id>/class", permission=HOLD)
    async def classify(self, visit: Visit, id: str) -> Answer:
        """Give it another class of retention, for a reason."""
        one = await self.ears.need(visit, id)
        why = said(visit.form.get("reason", ""))
        klass = visit.form.get("klass", "")[:32]
        await self.recordings.classify(one.id, klass)
        await visit.audit("recording.class", kind="recording", whose=one.id, what=klass, why=why)
        return await self._kept(visit, one, Text("Its class is changed."))

    async def _kept(self, visit: Visit, one: Recording, told: Text) -> Fragment:
        values = {
            "one": await self.recordings.get(one.id),
            "holds": await self.recordings.holds(one.id),
            "classes": self.recordings.classes,
            "may_hold": True,
        }
        return Fragment("recording/keeping.html", values, trigger=toast(visit, told))


def _drawn(visit: Visit, stretch: Stretch) -> Sequence[int]:
    """For the player: place and length in ms, begin in ms since 1970 and in seconds of its day."""
    local = stretch.start.astimezone(visit.zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    epoch_ms = int(stretch.start.timestamp() * 1000)
    return (stretch.offset_ms, stretch.length_ms, epoch_ms, second)


def _clear(error: CarelineError) -> CarelineError:
    """What can be done where a form that browsers send cannot ask for the password."""
    if error.code != "auth.prove":
        return error
    return Invalid(
        "recording.prove",
        "Play a moment of it first: you are asked there who you are, then it can be downloaded.",
    )
