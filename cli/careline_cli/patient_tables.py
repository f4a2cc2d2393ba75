"""``careline patient import`` and ``export``: tables taken in and given out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from careline.errors import Invalid
from careline.i18n import error_text
from careline.terminal.frame import Command, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, print_json, say
from careline_cli.patient_options import criteria, note, pairs, reason_option, searched
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.patients.moving import Moving
    from careline.storage import Tx


def _moving(site: Site) -> Moving:
    from careline.patients.moving import Moving
    from careline.setup.waiting import at_once

    settings = site.settings
    return Moving(site.db, site.clock, None, at_once, settings.home.transfers, "cli")


@click.command(
    "import", cls=Command, help=_("Take in a table, XLSX or CSV; its first row are titles.")
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--dry-run", is_flag=True, help=_("Only look; store nothing."))
@option(
    "--on-match",
    type=click.Choice(["fill", "overwrite", "skip"]),
    default="fill",
    show_default=True,
    help=_("What to do with patients whom we know already."),
)
@option(
    "--column", "columns", multiple=True, metavar="TITLE=FIELD",
    help=_("What a column is, where its title does not say so. May be repeated."),
)  # fmt: skip
@option("--report", type=click.Path(dir_okay=False, path_type=Path),
        help=_("Write rejected rows to this XLSX or CSV file."))  # fmt: skip
@json_option
@pass_site
def take_in(
    site: Site,
    file: Path,
    dry_run: bool,
    on_match: str,
    columns: Sequence[str],
    report: Path | None,
    as_json: bool,
) -> None:
    """Take a table in, and tell what was rejected and why."""
    from careline.patients.taking import OnMatch

    moving = _moving(site)
    one, preview = site.wait(moving.upload(file, file.name, "cli"))
    said = pairs(columns)
    _refuse_unknown(said, site.run(_fields))
    mapping = _mapping(preview.header, preview.mapping, said)
    site.wait(moving.start(one.id, mapping, OnMatch(on_match), dry=dry_run))
    site.wait(moving.importer.run(one.id))
    done = site.wait(moving.get(one.id))
    if report is not None:
        made = site.wait(moving.report(one.id, report.suffix.lstrip("."), language()))
        report.write_bytes(made.read_bytes())
        made.unlink()
    (site.settings.home.transfers / one.file).unlink(missing_ok=True)
    if not dry_run:
        note(site, "patients.imported", one.id, what=file.name)
    _told(site, done, as_json)


def _fields(tx: Tx) -> list[str]:
    """Names of the fields that a column may go to."""
    from careline.patients.columns import targets
    from careline.patients.importing import names

    return [one.name for one in targets(*names(tx))]


def _refuse_unknown(said: Mapping[str, str], known: Sequence[str]) -> None:
    unknown = [field for field in said.values() if field and field not in known]
    if unknown:
        raise Invalid(
            "import.field",
            "there is no field {field}; there are: {known}",
            field=unknown[0],
            known=list(known),
        )


def _mapping(header: Sequence[str], guessed: Sequence[str], said: Mapping[str, str]) -> list[str]:
    missing = sorted(set(said) - set(header))
    if missing:
        raise Invalid("import.column", "there is no column {column}", column=missing[0])
    return [said.get(title, guess) for title, guess in zip(header, guessed, strict=True)]


def _told(site: Site, done: Any, as_json: bool) -> None:
    from careline.patients.transfers import error_of, read_rejects

    if done.error:
        raise Invalid("import.failed", "{error}", error=error_of(done.error))
    counts = {name: getattr(done, name) for name in ("added", "changed", "left_out", "rejected")}
    if as_json:
        print_json({**counts, "dry": done.dry})
        return
    say(
        _("{added} new, {changed} changed, {left_out} left as they were, {rejected} rejected"),
        **counts,
    )
    for reject in site.run(read_rejects, done.id, 0, 10):
        reasons = "; ".join(error_text(error_of(one), language()) for one in reject.reasons)
        say(_("row {row}: {reasons}"), row=reject.row, reasons=reasons)
    if done.dry:
        say(_("nothing was stored"))


@click.command(
    "export", cls=Command, help=_("Write patients to FILE, XLSX or CSV; all, or those who fit.")
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@searched
@reason_option
@pass_site
def give_out(site: Site, file: Path, reason: str, **given: Any) -> None:
    """Write a table that nobody else may read."""
    moving = _moving(site)
    wanted = criteria("", **given)
    form = file.suffix.lstrip(".").lower()
    one = site.wait(moving.export(wanted, form, "cli", language()))
    site.wait(moving.exporter.run(one.id))
    done = site.wait(moving.get(one.id))
    source = site.settings.home.transfers / one.file
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
        out.write(source.read_bytes())
    source.unlink()
    what = ", ".join(sorted(wanted.plain())) or "all"
    note(site, "patients.export", one.id, what=what, why=reason)
    say(_("{count} patients written to {file}"), count=done.done, file=file)
