"""What the prompts' pages share: words, addresses, the page of one prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from careline.errors import NotFound
from careline.i18n import LANGUAGES, Lang, Text
from careline.prompts.model import Prompt, Source
from careline.prompts.service import Prompts
from careline.web import FormState, Page, Visit
from careline.web.toast import toast

EDIT = "prompts.edit"
TITLE = Text("Prompts")
SOURCES: Mapping[Source, Text] = {
    Source.SYNTHESISED: Text("synthesised"),
    Source.UPLOADED: Text("recorded"),
    Source.PHONE: Text("recorded by phone"),
}
SPOKEN: Mapping[Lang, Text] = {"zh": Text("Chinese"), "en": Text("English")}


def address(name: str, lang: Lang) -> str:
    """The page of one prompt."""
    return "/prompts/one?" + urlencode({"lang": lang, "name": name})


def chosen(args: Mapping[str, str]) -> tuple[str, Lang]:
    """Name and language as they stand in an address or a form; NotFound for another language."""
    lang = args.get("lang", "")
    if lang not in LANGUAGES:
        raise NotFound("prompt.language", "There is no such language.")
    return args.get("name", ""), lang


async def one_page(
    visit: Visit,
    prompts: Prompts,
    name: str,
    lang: Lang,
    *,
    told: Text | None = None,
    can_record: bool = False,
    **forms: FormState | None,
) -> Page:
    """One prompt with all its versions and the ways to change it; NotFound when there is none."""
    versions = await prompts.versions(name, lang)
    if not versions:
        raise NotFound("prompt.unknown", "There is no prompt {name}.", name=name)
    current = next((one for one in await prompts.list() if _same(one, name, lang)), versions[0])
    values: dict[str, Any] = {
        "name": name,
        "lang": lang,
        "current": current,
        "versions": versions,
        "sources": SOURCES,
        "spoken": SPOKEN,
        "saying": forms.get("saying"),
        "uploading": forms.get("uploading"),
        "can_record": can_record,
        "other": next(one for one in LANGUAGES if one != lang),
    }
    wrong = any(form is not None and not form.ok for form in forms.values())
    headers = {"HX-Trigger": toast(visit, told)} if told else {}
    return Page(
        "prompts/one.html", values, title=Text(name), status=422 if wrong else 200, headers=headers
    )


def _same(prompt: Prompt, name: str, lang: Lang) -> bool:
    return prompt.name == name and prompt.language == lang
