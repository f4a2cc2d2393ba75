"""``careline prompt``: what callers hear: spoken texts and recordings, by name and language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from careline.i18n import LANGUAGES, Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.prompts.model import Prompt
    from careline.prompts.service import Prompts

SOURCES = {
    "synthesised": Text("synthesised"),
    "uploaded": Text("recorded"),
    "phone": Text("recorded by phone"),
}
language_option = option(
    "--language",
    "lang",
    type=click.Choice(LANGUAGES),
    default="zh",
    show_default=True,
    help=_("The prompt's language."),
)


@group("prompt", _("What callers hear."))
def prompt() -> None:
    """Prompts."""


def _service(site: Site) -> Prompts:
    from careline.setup.prepare import prompts_of
    from careline.setup.waiting import at_once

    return prompts_of(site.settings, site.db, site.clock, at_once)


@prompt.command("list", help=_("All prompts, or those whose name or text holds WORD."))
@click.argument("word", default="")
@option("--language", "lang", type=click.Choice(LANGUAGES), help=_("Of this language only."))
@option("--own", is_flag=True, help=_("Only those of the hospital's own."))
@json_option
@pass_site
def _list(site: Site, word: str, lang: str | None, own: bool, as_json: bool) -> None:
    from careline.prompts.store import current

    rows = [
        _row(one)
        for one in site.run(current)
        if lang in (None, one.language)
        and (word in one.name or word in one.text)
        and not (own and one.shipped)
    ]
    _show(rows, as_json, _("there is no such prompt"))


def _show(rows: list[dict[str, Any]], as_json: bool, none: str) -> None:
    from careline_cli.words import worded

    columns = {
        "language": _("language"),
        "name": _("name"),
        "version": _("version"),
        "source": _("source"),
        "seconds": _("seconds"),
        "text": _("text"),
    }
    shown = rows if as_json else [worded(row, source=SOURCES) for row in rows]
    listing(shown, columns, as_json=as_json, none=none)


def _row(one: Prompt) -> dict[str, Any]:
    return {
        "language": one.language,
        "name": one.name,
        "version": one.version,
        "source": one.source.value,
        "seconds": round(one.seconds, 1),
        "text": one.text,
        "shipped": one.shipped,
        "made_at": one.made_at,
        "current": one.current,
    }


@prompt.command("say", help=_("Let a prompt say a text of your own from now on."))
@click.argument("name")
@click.argument("text")
@language_option
@pass_site
def _say(site: Site, name: str, text: str, lang: str) -> None:
    _done(site.wait(_service(site).say(name, lang, text)))


@prompt.command("import", help=_("Let a prompt play a recording (wav, mp3 ...) from now on."))
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@language_option
@option("--text", default="", help=_("What is said in it."))
@pass_site
def _import(site: Site, name: str, file: Path, lang: str, text: str) -> None:
    _done(site.wait(_service(site).import_file(name, lang, file, text=text)))


@prompt.command("record", help=_("Ring the phone of AGENT to record what a prompt plays."))
@click.argument("name")
@click.argument("agent")
@language_option
@pass_site
def _record(site: Site, name: str, agent: str, lang: str) -> None:
    site.control.call("record_prompt", name=name, lang=lang, agent=agent)
    say(_("the phone of agent {agent} rings: speak after the tone, # ends, 1 keeps"), agent=agent)


@prompt.command("versions", help=_("Earlier versions of a prompt; --use lets one be heard again."))
@click.argument("name")
@language_option
@option("--use", type=int, metavar="VERSION", help=_("Let this version be heard again."))
@json_option
@pass_site
def _versions(site: Site, name: str, lang: str, use: int | None, as_json: bool) -> None:
    from careline.prompts.store import history

    if use is not None:
        _done(site.wait(_service(site).go_back(name, lang, use)))
        return
    rows = [_row(one) for one in site.run(history, lang, name)]
    _show(rows, as_json, _("there is no such prompt"))


def _done(one: Prompt) -> None:
    say(
        _("prompt {name} ({language}): version {version} is heard now, {seconds:.1f} s"),
        name=one.name,
        language=one.language,
        version=one.version,
        seconds=one.seconds,
    )
