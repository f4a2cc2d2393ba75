"""What others ask of prompts: set them all up, say, import, take back, list, and play values."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.errors import Invalid, NotFound
from careline.i18n import LANGUAGES, Lang, language
from careline.prompts import recording, store
from careline.prompts.catalogue import Wanted, shipped, sound_file
from careline.prompts.folder import SAID, Folder
from careline.prompts.model import Draft, Prompt, Source, check_language, check_name, to_speak
from careline.prompts.sound import seconds
from careline.prompts.speech import Engine
from careline.prompts.spoken import value
from careline.storage import Database

T = TypeVar("T")
WORKERS = 2
SAID_KEPT = timedelta(days=7)
Progress = Callable[[int, int, str], object]
"""Called with how many sounds are made, of how many, and the name of the one just made."""


class InThread(Protocol):
    """Calls something slow in a thread, e.g. ``partial(deferToThreadPool, reactor, pool)``."""

    def __call__(self, call: Callable[..., T], /, *args: Any) -> Deferred[T]:
        """Call with ``args``; the Deferred fires with the result."""


@frozen
class SetUp:
    """What a set-up did: sounds made, names that play something new, all names."""

    made: int
    changed: int
    total: int


@frozen
class Prompts:
    """The service; ``wanted`` are the shipped texts, those of plugins included."""

    db: Database
    folder: Folder
    engine: Engine
    clock: Clock
    in_thread: InThread
    wanted: tuple[Wanted, ...] = tuple(shipped())

    async def set_up(self, progress: Progress = lambda done, total, name: None) -> SetUp:
        """Make every sound that is missing or whose text, voice or settings changed.

        A second call makes nothing. Recordings and texts of the hospital's own are left alone.
        Raises Unavailable (``speech...``, ``prompt.disk``, ``db...``); what was made is kept.
        """
        have = await self._have()
        result = await self._bring_up(to_speak(self.wanted, have), have, progress)
        recorded = [row for row in have.values() if row.source is not Source.SYNTHESISED]
        linked = await self.in_thread(self._link_recorded, recorded)
        in_use = {row.sound for row in (await self._have()).values()}
        await self.in_thread(self._forget_said, in_use)
        return SetUp(result.made, result.changed + linked, result.total + len(recorded))

    async def ensure(self, wanted: Sequence[Wanted]) -> SetUp:
        """Do the same for a few texts more, such as :func:`careline.prompts.catalogue.of_agent`."""
        have = await self._have()
        few = {key: have[key] for key in ((w.language, w.name) for w in wanted) if key in have}
        return await self._bring_up(to_speak(wanted, few), few, lambda done, total, name: None)

    async def _have(self) -> dict[tuple[Lang, str], Prompt]:
        return {(row.language, row.name): row for row in await self.db.run(store.current)}

    async def _bring_up(
        self, texts: Sequence[Wanted], have: Mapping[tuple[Lang, str], Prompt], progress: Progress
    ) -> SetUp:
        digests = await self.in_thread(self._digests, texts)
        made = await self._make(texts, digests, progress)
        changed = await self.in_thread(self._link_all, texts, digests)
        drafts = await self.in_thread(self._drafts, texts, digests, have)
        if drafts:
            await self.db.run(store.add_versions, drafts, self.clock.now())
        return SetUp(made, changed, len(texts))

    async def say(self, name: str, lang: Lang, text: str) -> Prompt:
        """Let ``name`` say a text of the hospital's own from now on.

        Raises Invalid (``prompt.name``, ``prompt.language``, ``prompt.silent``), Unavailable.
        """
        check_name(name)
        digest = await self.sound_of(text, check_language(lang))
        draft = await self._draft(Wanted(lang, name, text), Source.SYNTHESISED, digest)
        return await self._publish(draft)

    async def import_file(
        self, name: str, lang: Lang, path: Path, *, source: Source = Source.UPLOADED, text: str = ""
    ) -> Prompt:
        """Let ``name`` play a recording; ``text`` says what is heard in it, else the former text.

        The earlier version stays (:meth:`go_back`). Raises Invalid with every problem of the file
        (:func:`careline.prompts.recording.take_in`), and as :meth:`say` does.
        """
        check_name(name)
        former = await self.db.run(store.history, check_language(lang), name)
        words = text or (former[0].text if former else "")
        digest = await self.in_thread(recording.take_in, self.engine, path, self.folder)
        return await self._publish(await self._draft(Wanted(lang, name, words), source, digest))

    async def go_back(self, name: str, lang: Lang, version: int) -> Prompt:
        """Let an earlier version be heard again. Raises NotFound("prompt.version")."""
        for prompt in await self.db.run(store.history, lang, name):
            if prompt.version == version and await self._restored(prompt):
                self.folder.link(lang, name, prompt.sound)
                await self.db.run(store.choose, lang, name, version)
                return prompt
        message = "prompt {name} ({language}) has no version {version}"
        raise NotFound("prompt.version", message, name=name, language=lang, version=version)

    async def versions(self, name: str, lang: Lang) -> Sequence[Prompt]:
        """All versions of one prompt, newest first."""
        return await self.db.run(store.history, lang, name)

    def known(self, name: str, lang: Lang) -> bool:
        """True when the prompt can be heard in this language."""
        return self.folder.has(lang, name)

    async def files(self, kind: str, what: str, lang: Lang, text: str = "") -> tuple[str, ...]:
        """The sound files, without extension, that say something in this language.

        ``kind``: ``name`` of a prompt, ``text``, or as :func:`careline.prompts.spoken.value`. A
        value that is none of its kind is said as text; a prompt missing in the language is
        played in Chinese, else in any, except that ``text`` is said for a name missing in the
        language, if there is one. Names begin with the language, ``zh/careline/welcome``: Asterisk
        finds them so on a channel of whatever language.
        """
        lang = language(lang)
        if kind == "name":
            if text and not self.known(what, lang):
                return (self._played(await self._said_once(text, lang), lang),)
            return (self._played(what, lang),)
        if kind != "text":
            try:
                said = value(kind, what, lang).fragments
            except Invalid:
                pass
            else:
                return tuple(self._played(name, lang) for name in said)
        return (self._played(await self._said_once(what, lang), lang),)

    def _played(self, name: str, lang: Lang) -> str:
        """With the language's folder, so that it does not depend on that of the channel."""
        heard = (there for there in (lang, *LANGUAGES) if self.folder.has(there, name))
        return f"{next(heard, lang)}/{sound_file(name)}"

    async def _said_once(self, text: str, lang: Lang) -> str:
        """Speak a text for one call; kept for some days, since the next may need it too."""
        digest = await self.sound_of(text, lang)
        name = f"{SAID}{digest}"
        self.folder.link(lang, name, digest)
        self.folder.touch(lang, name, self.clock.now().timestamp())
        return name

    async def sound_of(self, text: str, lang: Lang) -> str:
        """The name of the sound of ``text``, spoken now if it never was."""
        digest = await self.in_thread(self.engine.digest, text, lang)
        stored = self.folder.stored(digest)
        if not stored.is_file():
            await self.in_thread(self.engine.speak, text, lang, stored)
        return digest

    async def _restored(self, prompt: Prompt) -> bool:
        """True when the version's sound is there, or can be spoken once more as it was."""
        if self.folder.stored(prompt.sound).is_file():
            return True
        if prompt.source is not Source.SYNTHESISED:
            return False
        return await self.sound_of(prompt.text, prompt.language) == prompt.sound

    async def _publish(self, draft: Draft) -> Prompt:
        [prompt] = await self.db.run(store.add_versions, [draft], self.clock.now())
        self.folder.link(draft.language, draft.name, draft.sound)
        return prompt

    async def _draft(self, wanted: Wanted, source: Source, digest: str) -> Draft:
        length = await self.in_thread(seconds, self.folder.stored(digest))
        return Draft(wanted.language, wanted.name, wanted.text, source, digest, length)

    async def _make(
        self, texts: Sequence[Wanted], digests: Sequence[str], progress: Progress
    ) -> int:
        """Speak what is not stored yet, :data:`WORKERS` at a time."""
        todo = {
            digest: text
            for digest, text in zip(digests, texts, strict=True)
            if not self.folder.stored(digest).is_file()
        }
        queue = iter(todo.items())
        finished = count(1)

        async def work() -> None:
            for digest, text in queue:
                stored = self.folder.stored(digest)
                await self.in_thread(self.engine.speak, text.text, text.language, stored)
                progress(next(finished), len(todo), text.name)

        def give_up(failure: Failure) -> Failure:
            """Leave nothing for the other workers, which end what they are at."""
            deque(queue, maxlen=0)
            return failure

        workers = [Deferred.fromCoroutine(work()).addErrback(give_up) for _ in range(WORKERS)]
        for _, result in await DeferredList(workers, consumeErrors=True):
            if isinstance(result, Failure):
                raise result.value
        return len(todo)

    def _digests(self, texts: Iterable[Wanted]) -> Sequence[str]:
        return [self.engine.digest(text.text, text.language) for text in texts]

    def _link_all(self, texts: Sequence[Wanted], digests: Sequence[str]) -> int:
        pairs = zip(texts, digests, strict=True)
        return sum(self.folder.link(text.language, text.name, digest) for text, digest in pairs)

    def _link_recorded(self, rows: Sequence[Prompt]) -> int:
        """A folder that came from a backup or was emptied gets its recordings back."""
        there = [row for row in rows if self.folder.stored(row.sound).is_file()]
        return sum(self.folder.link(row.language, row.name, row.sound) for row in there)

    def _drafts(
        self,
        texts: Sequence[Wanted],
        digests: Sequence[str],
        have: Mapping[tuple[Lang, str], Prompt],
    ) -> list[Draft]:
        """A new version for each text that is new to the database or sounds different now."""
        drafts: list[Draft] = []
        for text, digest in zip(texts, digests, strict=True):
            row = have.get((text.language, text.name))
            if row is None or row.sound != digest:
                length = seconds(self.folder.stored(digest))
                ours = row is None or row.shipped
                about = (text.language, text.name, text.text)
                drafts.append(Draft(*about, Source.SYNTHESISED, digest, length, ours))
        return drafts

    def _forget_said(self, in_use: Set[str]) -> None:
        self.folder.forget_said((self.clock.now() - SAID_KEPT).timestamp(), in_use)

    async def list(self) -> list[Prompt]:
        """What is heard now under every name, by language and name."""
        return await self.db.run(store.current)
