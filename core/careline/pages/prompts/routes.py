"""Addresses of ``/prompts``: list, play, say, upload, go back."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import LANGUAGES, Lang, Text
from careline.pages.prompts.shared import EDIT, SOURCES, SPOKEN, TITLE, address, chosen, one_page
from careline.prompts.catalogue import ASTERISK, fragments
from careline.prompts.folder import SAID
from careline.prompts.model import Prompt
from careline.prompts.recording import FORMATS
from careline.prompts.service import Prompts
from careline.web import (
    Answer,
    Download,
    FormState,
    Fragment,
    Page,
    Redirect,
    Upload,
    Visit,
    get,
    post,
    read,
)

PAGE = 50
LONGEST = 2000
DIGEST = re.compile(r"[0-9a-f]{32}")
UPLOAD_S = 120.0
SAY_S = 60.0


@frozen
class SayForm:
    """A text to be spoken."""

    text: str


@frozen
class NewForm:
    """A prompt of the hospital's own."""

    name: str
    text: str
    lang: str = "zh"


@frozen
class UploadForm:
    """A recording; ``words`` is what is said in it."""

    words: str = ""


class PromptRoutes:
    """Routes of ``/prompts``; ``can_record`` tells whether somebody's phone can be rung."""

    def __init__(
        self, prompts: Prompts, in_thread: Any, can_record: Callable[[Visit], bool]
    ) -> None:
        self._prompts = prompts
        self._in_thread = in_thread
        self._can_record = can_record

    @get("/prompts", permission=EDIT)
    async def show(self, visit: Visit) -> Answer:
        """The list of one language, narrowed by a word."""
        return await self._page(visit)

    @get("/prompts/one", permission=EDIT)
    async def one(self, visit: Visit) -> Answer:
        """One prompt."""
        name, lang = chosen(visit.args)
        return await self._one(visit, name, lang)

    @get("/prompts/sound/<digest>", permission=EDIT, quiet=True)
    async def sound(self, visit: Visit, digest: str) -> Answer:
        """The sound itself, for a player."""
        path = self._prompts.folder.stored(digest) if DIGEST.fullmatch(digest) else None
        if path is None or not path.is_file():
            raise NotFound("prompt.sound", "This sound is not there any more.")
        return Download(f"{digest}.wav", "audio/wav", path, inline=True)

    @post("/prompts/new", permission=EDIT, timeout=SAY_S)
    async def new(self, visit: Visit) -> Answer:
        """A prompt of the hospital's own, spoken from a text."""
        value, form = read(visit, NewForm)
        if value is None:
            return await self._page(visit, form)
        try:
            lang = value.lang if value.lang in LANGUAGES else "zh"
            await self._prompts.say(value.name, lang, _short(value.text))
        except CarelineError as error:
            return await self._page(visit, form.with_error(_field(error, "text")))
        await visit.audit("prompt.changed", kind="prompt", whose=value.name, what="say")
        return Redirect(address(value.name, lang))

    @post("/prompts/preview", permission=EDIT, timeout=SAY_S)
    async def preview(self, visit: Visit) -> Answer:
        """How a text would sound; nothing is changed."""
        _name, lang = chosen(visit.form)
        try:
            digest = await self._prompts.sound_of(_short(visit.form.get("text", "")), lang)
        except CarelineError as error:
            return Fragment("prompts/preview.html", {"error": error, "digest": ""})
        return Fragment("prompts/preview.html", {"error": None, "digest": digest})

    @post("/prompts/say", permission=EDIT, timeout=SAY_S)
    async def say(self, visit: Visit) -> Answer:
        """Let the prompt say a text from now on."""
        name, lang = chosen(visit.form)
        await self._exists(name, lang)
        value, form = read(visit, SayForm)
        if value is None:
            return await self._one(visit, name, lang, saying=form)
        try:
            made = await self._prompts.say(name, lang, _short(value.text))
        except CarelineError as error:
            return await self._one(visit, name, lang, saying=form.with_error(_field(error, "text")))
        await visit.audit("prompt.changed", kind="prompt", whose=f"{lang}/{name}", what="say")
        return await self._one(visit, name, lang, told=_heard(made))

    @post("/prompts/upload", permission=EDIT, upload=True, timeout=UPLOAD_S)
    async def upload(self, visit: Visit) -> Answer:
        """Let the prompt play a recording from now on."""
        name, lang = chosen(visit.form)
        await self._exists(name, lang)
        _value, form = read(visit, UploadForm)
        words = visit.form.get("words", "")[:LONGEST]
        form = FormState.of(None, visit.language, words=words, file="")
        sent = visit.files.get("file")
        if sent is None or not sent.size:
            missing = Invalid("prompt.file", "Choose a sound file.")
            return await self._one(visit, name, lang, uploading=form.with_error(missing))
        try:
            made = await self._taken_in(name, lang, sent, words)
        except CarelineError as error:
            wrong = form.with_error(_about_file(error, sent))
            return await self._one(visit, name, lang, uploading=wrong)
        await visit.audit("prompt.changed", kind="prompt", whose=f"{lang}/{name}", what="upload")
        return await self._one(visit, name, lang, told=_heard(made))

    @post("/prompts/use", permission=EDIT)
    async def use(self, visit: Visit) -> Answer:
        """Let an earlier version be heard again."""
        name, lang = chosen(visit.form)
        version = visit.form.get("version", "")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 8 else 0
        made = await self._prompts.go_back(name, lang, number)
        await visit.audit(
            "prompt.changed", kind="prompt", whose=f"{lang}/{name}", what=f"version {number}"
        )
        return await self._one(visit, name, lang, told=_heard(made))

    async def _one(
        self,
        visit: Visit,
        name: str,
        lang: Lang,
        *,
        told: Text | None = None,
        **forms: FormState | None,
    ) -> Page:
        can_record = self._can_record(visit)
        return await one_page(
            visit, self._prompts, name, lang, told=told, can_record=can_record, **forms
        )

    async def _exists(self, name: str, lang: Lang) -> None:
        if not await self._prompts.versions(name, lang):
            raise NotFound("prompt.unknown", "There is no prompt {name}.", name=name)

    async def _taken_in(self, name: str, lang: Lang, sent: Upload, words: str) -> Prompt:
        """By a name of our own: what the sender calls the file must reach no program."""
        suffix = PurePosixPath(sent.name).suffix.lower()
        if suffix.removeprefix(".") not in FORMATS:
            raise Invalid(
                "prompt.format",
                "{file} is no sound file; use one of {formats}",
                file=sent.name,
                formats=sorted(FORMATS),
            )
        with tempfile.TemporaryDirectory(prefix="careline-upload-") as folder:
            copy = Path(folder) / f"upload{suffix}"
            await self._in_thread(shutil.copyfile, sent.path, copy)
            return await self._prompts.import_file(name, lang, copy, text=words)

    async def _page(self, visit: Visit, form: FormState | None = None) -> Page:
        lang = visit.args.get("lang", "")
        lang = lang if lang in LANGUAGES else "zh"
        word, kind = visit.args.get("q", "")[:64].strip(), visit.args.get("kind", "")
        found = [
            one for one in await self._prompts.list() if one.language == lang and _fits(one, word)
        ]
        of_kind = [one for one in found if kind_of(one) == (kind or "prompts")]
        page = visit.page_number()
        values: dict[str, Any] = {
            "lang": lang,
            "tabs": [
                {
                    "label": visit.text(SPOKEN[one]),
                    "href": f"/prompts?lang={one}",
                    "current": one == lang,
                    "icon": "",
                    "count": 0,
                }
                for one in LANGUAGES
            ],
            "kinds": [
                {
                    "label": visit.text(title),
                    "href": "/prompts?" + urlencode({"lang": lang, "kind": name, "q": word}),
                    "current": name == (kind if kind in KINDS else "prompts"),
                    "icon": "",
                    "count": sum(kind_of(one) == name for one in found),
                }
                for name, title in KINDS.items()
            ],
            "kind": kind if kind in KINDS else "prompts",
            "word": word,
            "prompts": [(one, address(one.name, lang)) for one in _slice(of_kind, page)],
            "page": page,
            "pages": max(1, -(-len(of_kind) // PAGE)),
            "sources": SOURCES,
            "languages": [(one, visit.text(title)) for one, title in SPOKEN.items()],
            "form": form,
        }
        status = 422 if form is not None and not form.ok else 200
        return Page("prompts/list.html", values, title=TITLE, status=status)


KINDS = {
    "prompts": Text("whole prompts"),
    "own": Text("the hospital's own"),
    "pieces": Text("numbers, days, pieces"),
}


def kind_of(prompt: Prompt) -> str:
    """Under which heading a prompt is listed."""
    if not prompt.shipped:
        return "own"
    pieces = prompt.name.startswith((ASTERISK, SAID, "agent-"))
    return "pieces" if pieces or prompt.name in fragments(prompt.language) else "prompts"


def _fits(prompt: Prompt, word: str) -> bool:
    return word.lower() in prompt.name or word.lower() in prompt.text.lower()


def _slice(found: Sequence[Prompt], page: int) -> Sequence[Prompt]:
    return found[(page - 1) * PAGE : page * PAGE]


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise Invalid("prompt.text", "At most {most} characters.", most=LONGEST)
    return text


def _field(error: CarelineError, field: str) -> CarelineError:
    """What is wrong with a name stays there, all else is about the text."""
    if error.code == "prompt.name":
        return error
    params = {**error.params, "field": field}
    return type(error)(error.code, error.message, problems=error.problems, **params)


def _about_file(error: CarelineError, sent: Upload) -> CarelineError:
    """The error beside the file, by the name that its sender knows; all problems in one."""
    params = {**error.params, "field": "file", "file": sent.name}
    if not error.problems:
        return type(error)(error.code, error.message, problems=(), **params)
    return Invalid("prompt.file", "{all}", all=list(error.problems), field="file")


def _heard(made: Prompt) -> Text:
    return Text(
        "Version {version} is heard now, {seconds} s",
        {"version": made.version, "seconds": round(made.seconds, 1)},
    )
