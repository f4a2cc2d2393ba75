"""Templates for pages and for messages: read from memory, changed in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from attrs import evolve

from careline.errors import CarelineError, Conflict, Invalid, Refused, Unavailable
from careline.plugins import Core
from careline.storage import Tx
from careline_sms.config import SmsConfig
from careline_sms.gateways.parts import split
from careline_sms.occasions.starters import Starter
from careline_sms.sending.lines import Lines
from careline_sms.templating import store, words
from careline_sms.templating.model import Preview, Template, TemplateState
from careline_sms.text import clean, signed

CHANGED = "sms_template"
VIEW = "sms.view"
HOUSE = "careline"
"""Who wrote what is shipped."""
READ_S = 60.0


class Templates:
    """The templates; what is sent is the newest approved version."""

    def __init__(
        self, core: Core, config: SmsConfig, lines: Lines, shipped: Sequence[Starter] = ()
    ) -> None:
        self._shipped = tuple(shipped)
        self._core = core
        self._config = config
        self._lines = lines
        self._known: dict[str, Template] = {}

    async def start(self) -> None:
        """Ship what is shipped, and follow what other processes approve."""
        await self.ship(self._shipped)
        self._core.tasks.spawn(self._follow(), "sms: templates")

    async def _follow(self) -> None:
        while True:
            await self._core.clock.sleep(READ_S)
            with suppress(Unavailable):
                await self.load()

    async def load(self) -> None:
        """Read them; at the start, after changes, and now and then for other processes' changes."""
        self.take(await self._core.db.run(store.approved))

    def take(self, found: Iterable[Template]) -> None:
        """These are sent from now on."""
        self._known = {one.name: one for one in found}

    def known(self, name: str) -> bool:
        """True when there is one to be sent."""
        return name in self._known

    @property
    def all(self) -> Sequence[Template]:
        """Those that are sent, by name."""
        return list(self._known.values())

    def get(self, name: str) -> Template:
        """The version that is sent; NotFound."""
        found = self._known.get(name)
        if found is None:
            raise words.unknown(name)
        return found

    async def newest(self) -> Sequence[Template]:
        """The newest version of each, approved or not, by name."""
        return await self._core.db.run(store.newest)

    async def versions(self, name: str) -> Sequence[Template]:
        """All versions, the newest first; NotFound."""
        found = await self._core.db.run(store.versions, name)
        if not found:
            raise words.unknown(name)
        return found

    def problems(self, template: Template) -> Sequence[CarelineError]:
        """What is wrong with a text: braces, unknown signs, length, no text at all."""
        return words.problems(template)

    async def save(self, template: Template, by: str) -> Template:
        """Store a draft, in place of the one there is; Invalid with all problems."""
        if faults := words.problems(template):
            raise Invalid("sms.template", "this template is not right yet:", problems=faults)
        return await self._changed(self._save, template, by)

    def _save(self, tx: Tx, template: Template, by: str) -> Template:
        there = store.versions(tx, template.name)
        last = there[0] if there else None
        if last is not None and last.state is TemplateState.SUBMITTED:
            raise Conflict("sms.template_waits", "the newest version waits for approval")
        number = 1 if last is None else last.version
        if last is not None and last.state is not TemplateState.DRAFT:
            number += 1
        return self._put(tx, evolve(template, version=number, state=TemplateState.DRAFT), by)

    def _put(self, tx: Tx, template: Template, by: str) -> Template:
        now = self._core.clock.now()
        made = evolve(template, by=by, changed=now, approved_by="", approved=None)
        store.put(tx, made)
        return made

    async def submit(self, name: str, by: str) -> Template:
        """Ask for approval of the draft; Conflict when there is none."""
        return await self._changed(self._submit, name, by)

    def _submit(self, tx: Tx, name: str, by: str) -> Template:
        draft = self._in(tx, name, TemplateState.DRAFT)
        return self._put(tx, evolve(draft, state=TemplateState.SUBMITTED), by)

    async def approve(self, name: str, by: str) -> Template:
        """Send it from now on; Refused for the one who wrote it, Conflict when none waits."""
        return await self._changed(self._approve, name, by)

    def _approve(self, tx: Tx, name: str, by: str) -> Template:
        waiting = self._in(tx, name, TemplateState.SUBMITTED)
        if waiting.by == by:
            raise Refused("sms.own_template", "somebody else has to approve what you wrote")
        store.approve(tx, waiting, by, self._core.clock.now())
        return waiting

    async def reject(self, name: str, by: str) -> Template:
        """Back to its author as a draft; Conflict when none waits."""
        return await self._changed(self._reject, name, by)

    def _reject(self, tx: Tx, name: str, by: str) -> Template:
        waiting = self._in(tx, name, TemplateState.SUBMITTED)
        back = evolve(waiting, state=TemplateState.DRAFT)
        store.put(tx, back)
        return back

    def _in(self, tx: Tx, name: str, state: TemplateState) -> Template:
        there = store.versions(tx, name)
        if not there:
            raise words.unknown(name)
        if there[0].state is not state:
            raise Conflict("sms.template_state", "this template has changed; look at it again")
        return there[0]

    async def ship(self, shipped: Iterable[Starter]) -> None:
        """Publish what comes with the plugin where no other one has its name."""
        await self._core.db.run(self._ship, tuple(shipped))
        await self.load()

    def _ship(self, tx: Tx, shipped: Sequence[Starter]) -> None:
        there = {one.name for one in store.newest(tx)}
        for one in shipped:
            if one.name not in there:
                new = Template(
                    name=one.name,
                    title=one.title,
                    version=1,
                    purpose=one.purpose,
                    zh=one.zh,
                    en=one.en,
                )
                self._put(tx, new, HOUSE)
                store.approve(tx, new, HOUSE, self._core.clock.now())

    async def _changed(self, verb: object, *args: object) -> Template:
        made: Template = await self._core.db.run(verb, *args)  # type: ignore[arg-type]  # any verb
        await self.load()
        self._core.events.tell(CHANGED, made.name, permission=VIEW)
        return made

    # In words

    def words(self, template: Template, values: Mapping[str, str], language: str) -> str:
        """A template's text with values, unsigned; Invalid when one is missing."""
        return words.words(template, values, language)

    def render(self, name: str, values: Mapping[str, str], language: str) -> str:
        """The same by its name; NotFound."""
        return self.words(self.get(name), values, language)

    def preview(
        self, text: str, values: Mapping[str, str] | None = None, campus: str = ""
    ) -> Preview:
        """A text as it would be sent, with its length and price; values are put in if given."""
        gaps = words.missing(text, values) if values is not None else ()
        body = clean(words.fill(text, values) if values is not None else text)
        whole = signed(body, self._config.signature_of(campus))
        line = self._lines.first(campus)
        cut = split(whole)
        parts = line.parts(whole) if line else cut.count
        return Preview(
            text=whole,
            length=len(whole),
            parts=parts,
            alphabet=cut.alphabet.value,
            cost=parts * line.settings.price if line else 0,
            missing=gaps,
        )

    def variables(self, text: str) -> tuple[str, ...]:
        """Names of the variables in a text, in their order, each once."""
        return words.variables(text)
