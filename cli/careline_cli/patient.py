"""``careline patient``: records found, made, changed, merged, taken in and given out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from careline.errors import Invalid
from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, listing, print_json, say
from careline_cli.patient_fields import fields
from careline_cli.patient_options import (
    SEXES,
    criteria,
    id_argument,
    note,
    pairs,
    patients_of,
    reason_option,
    searched,
)
from careline_cli.patient_tables import give_out, take_in
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.patients.model import Patient


@group("patient", _("Patients."))
def patient() -> None:
    """Patients."""


@patient.command("find", help=_("Patients, by anything that is known: 张, zhxm, 2222, #tag."))
@click.argument("text", nargs=-1)
@searched
@option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@pass_site
def _find(site: Site, text: Sequence[str], limit: int, as_json: bool, **given: Any) -> None:
    from careline.patients.finding import search

    found = site.run(search, criteria(" ".join(text), **given), limit)
    columns = {
        "id": _("id"),
        "name": _("name"),
        "sex": _("sex"),
        "birth_date": _("birth date"),
        "id_card": _("id card number"),
        "phones": _("telephone"),
        "numbers": _("outpatient numbers"),
        "tags": _("tags"),
    }
    rows = [_masked(one) for one in found.patients]
    listing(rows, columns, as_json=as_json, none=_("no patient fits"))
    if found.more and not as_json:
        say(_("there are more; say more of whom you look for, or give --limit"))


def _masked(one: Patient) -> dict[str, Any]:
    from careline.numbers.phone import masked
    from careline.patients.model import masked_address, masked_id_card

    return {
        "id": one.id,
        "name": one.name,
        "pinyin": one.pinyin,
        "sex": one.sex.value,
        "birth_date": one.birth_date,
        "id_card": masked_id_card(one.id_card),
        "phones": [masked(phone.number) for phone in one.phones],
        "numbers": [f"{number.campus}:{number.number}" for number in one.numbers],
        "address": masked_address(one.address),
        "insurance": one.insurance,
        "category": one.category,
        "tags": list(one.tags),
        "fields": dict(one.fields),
        "note": one.note,
        "merged_into": one.merged_into,
    }


@patient.command("show", help=_("One record, masked; with --reveal whole, which is written down."))
@id_argument
@option("--reveal", default="", metavar="REASON", help=_("Show numbers whole: why?"))
@json_option
@pass_site
def _show(site: Site, patient: int, reveal: str, as_json: bool) -> None:
    from careline.patients.history import calls_of
    from careline.patients.plain import to_plain
    from careline.patients.store import get_patient

    one = site.run(get_patient, patient)
    note(site, "patient.reveal" if reveal else "patient.view", patient, why=reveal)
    row = to_plain(one) if reveal else _masked(one)
    calls = [{"at": call.at, "call": call.id, "outcome": call.outcome.value, "note": call.note}
             for call in site.run(calls_of, patient, 10)]  # fmt: skip
    if as_json:
        print_json({**row, "calls": calls})
        return
    for name, value in row.items():
        if value not in ("", None, [], {}, 0):
            click.echo(f"{name:12} {_line(value)}")
    columns = {"at": _("began"), "call": _("call"), "outcome": _("outcome"), "note": _("note")}
    if calls:
        listing(calls, columns, as_json=False)


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={text}" for name, text in value.items() if text)
    if isinstance(value, list):
        return "; ".join(_line(one) for one in value)
    return str(value)


# Changing


def described(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: options that say what is in a record."""
    options = (
        option("--pinyin", help=_("How the name is read.")),
        option("--sex", type=click.Choice(SEXES), help=_("The patient's sex.")),
        option("--born", help=_("Birth date, 1980-01-02.")),
        option("--id-card", help=_("Id card number; birth date and sex are taken from it.")),
        option(
            "--phone", "phones", multiple=True, metavar="NUMBER[:OWNER]",
            help=_("A telephone number, the preferred one first. May be repeated."),
        ),
        option(
            "--number", "numbers", multiple=True, metavar="CAMPUS:NUMBER",
            help=_("Outpatient number of a campus. May be repeated."),
        ),
        option("--address", help=_("Address.")),
        option("--insurance", help=_("Kind of insurance.")),
        option("--category", help=_("vip, staff or another category.")),
        option("--tag", "tags", multiple=True, help=_("A tag. May be repeated.")),
        option("--note", help=_("A note.")),
        option("--field", "fields", multiple=True, metavar="NAME=VALUE", help=_("Custom field.")),
    )  # fmt: skip
    for one in reversed(options):
        command = one(command)
    return command


def _values(site: Site, given: Mapping[str, Any], before: Patient | None) -> dict[str, Any]:
    """Options as fields of a record; what was not given is left out."""
    from careline.patients.days import read_day
    from careline.patients.model import OutpatientNumber, Sex

    texts = ("name", "pinyin", "id_card", "address", "insurance", "category", "note")
    values: dict[str, Any] = {name: given[name] for name in texts if given.get(name) is not None}
    if given["sex"]:
        values["sex"] = Sex(given["sex"])
    if given["born"]:
        try:
            values["birth_date"] = read_day(given["born"])
        except ValueError:
            raise Invalid(
                "patient.birth_date", "“{text}” cannot be read", text=given["born"]
            ) from None
    if given["phones"]:
        values["phones"] = tuple(_phones(given["phones"]))
    if given["numbers"]:
        _known_campuses(site, [one.partition(":")[0] for one in given["numbers"]])
        values["numbers"] = tuple(
            OutpatientNumber(*one.split(":", 1)) for one in given["numbers"] if ":" in one
        )
    if given["tags"]:
        values["tags"] = tuple(given["tags"])
    if given["fields"]:
        values["fields"] = {**(before.fields if before else {}), **pairs(given["fields"])}
    return values


def _phones(given: Sequence[str]) -> list[Any]:
    from careline.numbers import parse_phone
    from careline.patients.model import PatientPhone

    found = []
    for place, one in enumerate(given):
        number, _colon, owner = one.partition(":")
        found.append(PatientPhone(parse_phone(number).e164, owner, preferred=place == 0))
    return found


def _known_campuses(site: Site, names: Sequence[str]) -> None:
    from careline.campuses.store import list_campuses
    from careline.site.made import unknown

    problems = unknown(Text("campus"), names, [one.id for one in site.run(list_campuses)])
    if problems:
        raise Invalid("input.invalid", "that cannot be stored:", problems=problems)


@patient.command("add", help=_("Add a record."))
@click.argument("name")
@described
@pass_site
def _add(site: Site, name: str, **given: Any) -> None:
    from careline.patients.model import Patient

    values = _values(site, {**given, "name": name}, None)
    stored = site.wait(patients_of(site).add(Patient(**values)))
    note(site, "patient.added", stored.id)
    say(_("patient {id} {name} added"), id=stored.id, name=stored.name)


@patient.command("edit", help=_("Change a record; what is not named stays."))
@id_argument
@option("--name", help=_("The patient's name."))
@described
@pass_site
def _edit(site: Site, patient: int, **given: Any) -> None:
    from attrs import evolve

    from careline.patients.store import get_patient

    before = site.run(get_patient, patient)
    values = _values(site, given, before)
    if "name" in values and "pinyin" not in values:
        values |= {"pinyin": "", "initials": ""}
    site.wait(patients_of(site).change(evolve(before, **values)))
    note(site, "patient.changed", patient, what=", ".join(sorted(values)))
    say(_("patient {id} changed"), id=patient)


# Duplicates


@patient.command("duplicates", help=_("Look through all records for those of one person."))
@json_option
@pass_site
def _duplicates(site: Site, as_json: bool) -> None:
    from careline.patients.duplicates import proposals

    site.wait(patients_of(site).look_for_duplicates())
    rows = [
        {"kept": pair.one.id, "gone": pair.other.id, "name": pair.one.name, "why": pair.why}
        for pair in site.run(proposals, 1000)
    ]
    columns = {"kept": _("id"), "gone": _("other id"), "name": _("name"), "why": _("same")}
    listing(rows, columns, as_json=as_json, none=_("no two records seem to be of one person"))


@patient.command("merge", help=_("Put record GONE into KEPT; it can be undone."))
@click.argument("kept", type=click.IntRange(1))
@click.argument("gone", type=click.IntRange(1))
@option("--take", multiple=True, metavar="FIELD", help=_("Take this field from GONE."))
@pass_site
def _merge(site: Site, kept: int, gone: int, take: Sequence[str]) -> None:
    import getpass

    from careline.patients.merging import merges_of

    site.wait(patients_of(site).merge(kept, gone, f"cli:{getpass.getuser()}", take))
    note(site, "patient.merged", kept, what=str(gone))
    merge = site.run(merges_of, kept)[0]
    say(_("merged; to undo it: careline patient unmerge {merge}"), merge=merge.id)


@patient.command("unmerge", help=_("Take a merge apart again."))
@click.argument("merge", type=click.IntRange(1))
@pass_site
def _unmerge(site: Site, merge: int) -> None:
    kept, back = site.wait(patients_of(site).unmerge(merge))
    note(site, "patient.unmerged", kept.id, what=str(back.id))
    say(_("patients {kept} and {gone} are apart again"), kept=kept.id, gone=back.id)


@patient.command("erase", help=_("Erase a patient, here and in all plugins; this is for good."))
@id_argument
@reason_option
@option("--yes", is_flag=True, help=_("Do not ask."))
@pass_site
def _erase(site: Site, patient: int, reason: str, yes: bool) -> None:
    if not yes:
        click.confirm(
            Text("erase patient {id} for good?", {"id": patient}).to(language()), abort=True
        )
    site.wait(patients_of(site).erase(patient))
    note(site, "patient.erased", patient, why=reason)
    say(_("patient {id} is erased"), id=patient)


@patient.command("data", help=_("All that is kept of one patient as JSON, plugins' data too."))
@id_argument
@reason_option
@pass_site
def _data(site: Site, patient: int, reason: str) -> None:
    whole = site.wait(patients_of(site).export(patient))
    note(site, "patient.exported", patient, why=reason)
    print_json(whole)


patient.add_command(take_in)
patient.add_command(give_out)
patient.add_command(fields)
