"""``careline doctor``: everything that can be wrong, a line each, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from careline.errors import CarelineError
from careline.i18n import Text, error_text, translate
from careline.terminal.frame import Command, json_option
from careline.terminal.language import language
from careline.terminal.say import _, print_json, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.setup.doctor import Finding, Patient

SICK = 2
MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", None)}


@click.command(
    "doctor",
    cls=Command,
    help=_("Check machine, home, database, prompts, flows, plugins, Asterisk and core."),
)
@json_option
@pass_site
def doctor(site: Site, as_json: bool) -> None:
    """Exit code 0 when all is well, 2 when something is red."""
    findings = _told(_findings(site), quiet=as_json)
    sick = [one for one in findings if one.ok is False]
    if as_json:
        print_json({"ok": not sick, "findings": [_plain(one) for one in findings]})
    elif sick:
        say(_("{count} of {all} need attention"), count=len(sick), all=len(findings))
    else:
        say(_("All is well."))
    click.get_current_context().exit(SICK if sick else 0)


def _findings(site: Site) -> Iterator[Finding]:
    from careline.setup.doctor import Finding, Patient, examine, machine

    yield machine.python()
    yield machine.home(site.home)
    name = Text("careline.toml")
    try:
        settings = site.settings
    except CarelineError as error:
        yield Finding(name, False, error, Text("correct it; nothing else could be checked"))
        return
    yield Finding(name, True, str(site.home.config))
    patient = Patient(settings, site.db, site.control, _status(site))
    yield from examine(_with_kinds(patient, site))


def _with_kinds(patient: Patient, site: Site) -> Patient:
    """With the node kinds of plugins, as far as these can be loaded: that is examined elsewhere."""
    from attrs import evolve

    from careline_cli.offline import kinds_of

    try:
        return evolve(patient, kinds=kinds_of(site.settings, site.clock))
    except CarelineError:
        return patient


def _status(site: Site) -> dict[str, Any]:
    try:
        status: dict[str, Any] = site.control.call("status")
    except CarelineError:
        return {}
    return status


def _told(findings: Iterable[Finding], *, quiet: bool) -> list[Finding]:
    """Print each as it is found: some take a moment."""
    told = []
    for one in findings:
        told.append(one)
        if not quiet:
            click.echo(_line(one))
    return told


def _line(one: Finding) -> str:
    mark, colour = MARKS[one.ok]
    text = f"{click.style(mark, fg=colour)} {one.name.to(language())}: {_words(one.found)}"
    if one.ok is False and one.cure is not None:
        text += f"\n    → {one.cure.to(language())}"
    return text


def _words(found: object, lang: str = "") -> str:
    """What was found, whatever it is, in words; what has several lines is indented."""
    lang = lang or language()
    if isinstance(found, CarelineError):
        return error_text(found, lang).replace("\n", "\n    ")
    return translate("{found}", lang, found=found).replace("\n", "\n    ")


def _plain(one: Finding) -> dict[str, Any]:
    return {
        "name": one.name.to("en"),
        "ok": one.ok,
        "found": _words(one.found, "en"),
        "cure": one.cure.to("en") if one.cure is not None and one.ok is False else None,
    }
