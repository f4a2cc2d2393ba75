"""What recordings bring to the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from careline.hooks import Page, Panel, Slot, TimelineEntry
from careline.i18n import format_clock
from careline.plugins import Core
from careline.web import Visit
from careline_recording.model import Criteria
from careline_recording.pages.ears import PLAY, Ears
from careline_recording.pages.listing import ListRoutes
from careline_recording.pages.pausing import USE, PauseRoutes
from careline_recording.pages.player import PlayerRoutes
from careline_recording.service import Recordings


class RecordingPages:
    """Pages and panels of the plugin; ``recordings`` is its service."""

    def __init__(self, core: Core, recordings: Recordings) -> None:
        self._recordings = recordings
        self._agents = core.agents
        self._ears = Ears(recordings, core.agents, core.campuses, core.clock)
        self._list = ListRoutes(core, recordings, self._ears)
        self._player = PlayerRoutes(core, recordings, self._ears, core.clock)
        self._pausing = PauseRoutes(core, recordings)

    def pages(self) -> Sequence[Page]:
        """The list in the menu; a recording's page and the key beside a call are not in it."""
        return [
            Page(
                name="recordings",
                title="Recordings",
                path="/recordings",
                permission=PLAY,
                routes=self._list,
                icon="audio-lines",
                order=25,
                scripts=("player.js", "pause.js"),
                styles=("player.css",),
            ),
            Page(
                name="recording",
                title="Recording",
                path="/recordings",
                permission=PLAY,
                routes=self._player,
                rail=False,
            ),
            Page(
                name="recording_pause",
                title="Recording",
                path="/recordings/pause",
                permission=USE,
                routes=self._pausing,
                rail=False,
            ),
        ]

    def panels(self) -> Sequence[Panel]:
        """Beside a call that is: its state and the key. Beside one that was: what there is."""
        return [
            Panel(
                name="recording_state",
                title="Recording",
                slot=Slot.CALL,
                template="recording/state.html",
                view=self._pausing.show,
                permission=USE,
                refresh_on=("call_changed", "agent_changed", "recording_changed"),
                order=12,
            ),
            Panel(
                name="recording_call",
                title="Recordings",
                slot=Slot.RECORD,
                template="recording/of_call.html",
                view=self._of_call,
                permission=PLAY,
                order=20,
            ),
        ]

    async def _of_call(self, visit: Visit) -> Mapping[str, Any]:
        found = await self._recordings.of_call(visit.args.get("call", "")[:64])
        people = {one.id: one.name for one in self._agents.people.values()}
        return {"found": [one for one in found if self._ears.may(visit, one)], "people": people}

    async def patient_timeline(self, patient_id: int) -> Sequence[TimelineEntry]:
        """The last recorded talks with a patient; who may hear them is checked behind the link."""
        found = await self._recordings.find(Criteria(patient=patient_id))
        return [
            TimelineEntry(
                at=line.recording.started,
                kind="recording",
                title="Recorded talk",
                detail=format_clock(line.recording.seconds),
                link=f"/recordings/{line.recording.id}",
            )
            for line in found.lines
        ]
