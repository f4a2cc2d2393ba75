"""Templates for pages and for messages: read from memory, changed in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from careline.errors import CarelineError
from careline_sms.templating.model import Preview, Template


class Templates:
    """The templates; what is sent is the newest approved version."""

    async def load(self) -> None:
        """Read them; at the start, after changes, and now and then for other processes' changes."""
        raise NotImplementedError

    @property
    def all(self) -> Sequence[Template]:
        """Those that are sent, by name."""
        raise NotImplementedError

    def get(self, name: str) -> Template:
        """The version that is sent; NotFound."""
        raise NotImplementedError

    async def newest(self) -> Sequence[Template]:
        """The newest version of each, approved or not, by name."""
        raise NotImplementedError

    async def versions(self, name: str) -> Sequence[Template]:
        """All versions, the newest first; NotFound."""
        raise NotImplementedError

    def problems(self, template: Template) -> Sequence[CarelineError]:
        """What is wrong with a text: braces, unknown signs, length, no text at all."""
        raise NotImplementedError

    async def save(self, template: Template, by: str) -> Template:
        """Store a draft, in place of the one there is; Invalid with all problems."""
        raise NotImplementedError

    async def submit(self, name: str, by: str) -> Template:
        """Ask for approval of the draft; Conflict when there is none."""
        raise NotImplementedError

    async def approve(self, name: str, by: str) -> Template:
        """Send it from now on; Refused for the one who wrote it, Conflict when none waits."""
        raise NotImplementedError

    async def reject(self, name: str, by: str) -> Template:
        """Back to its author as a draft; Conflict when none waits."""
        raise NotImplementedError

    def render(self, name: str, values: Mapping[str, str], language: str) -> str:
        """Its text with values, unsigned; Invalid when one is missing, NotFound."""
        raise NotImplementedError

    def preview(
        self, text: str, values: Mapping[str, str] | None = None, campus: str = ""
    ) -> Preview:
        """A text as it would be sent, with its length and price; values are put in if given."""
        raise NotImplementedError

    def variables(self, text: str) -> tuple[str, ...]:
        """Names of the variables in a text, in their order, each once."""
        raise NotImplementedError
