"""What the prompts' pages bring to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.hooks import hook
from careline.pages.prompts.recording import RecordingRoutes
from careline.pages.prompts.routes import PromptRoutes
from careline.web import PageEntry


class PromptHooks:
    """The list, one prompt, and recording by phone."""

    def __init__(self, prompts: PromptRoutes, recording: RecordingRoutes) -> None:
        self._prompts = prompts
        self._recording = recording

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """In the menu of administration."""
        return [
            PageEntry(
                name="prompts",
                title="Prompts",
                path="/prompts",
                permission="prompts.edit",
                routes=self._prompts,
                icon="audio-lines",
                group="admin",
                order=40,
                scripts=("play.js",),
            ),
            PageEntry(
                name="recording_prompts",
                title="Recording a prompt",
                path="/prompts/take",
                permission="prompts.edit",
                routes=self._recording,
                icon="mic",
                group="admin",
                rail=False,
            ),
        ]
