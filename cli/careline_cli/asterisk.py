"""``careline asterisk``: the telephone switch, our own or the hospital's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from careline.errors import Invalid
from careline.terminal.frame import group, json_option
from careline.terminal.language import language
from careline.terminal.say import _, print_json, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.asterisk.apt import Step


@group("asterisk", _("The telephone switch."))
def asterisk() -> None:
    """Asterisk."""


@asterisk.command(
    "install", help=_("Unpack Asterisk into the home, without root, and configure it")
)
@pass_site
def _install(site: Site) -> None:
    from careline.asterisk.install import install_asterisk

    _only_own(site)
    install_asterisk(site.settings.asterisk_tree, _tell)
    say(_("Asterisk is in {tree}"), tree=str(site.settings.asterisk_tree))
    site.apply()


def _tell(step: Step) -> None:
    if step.done in (0, step.total):
        click.echo(step.told.to(language()))


def _only_own(site: Site) -> None:
    if not site.settings.asterisk.embedded:
        raise Invalid(
            "asterisk.not_embedded",
            "careline.toml says embedded = false: this careline uses an Asterisk of your own",
        )


@asterisk.command(
    "config",
    help=_(
        "Write Asterisk's configuration as the database says, and let a running one read it. For an"
        " Asterisk of your own: write the files to include, and say what to include."
    ),
)
@pass_site
def _config(site: Site) -> None:
    if site.settings.asterisk.embedded:
        from careline.setup.prepare import instance_of

        applied = site.apply()
        say(
            _("the configuration is in {folder}"),
            folder=str(instance_of(site.settings).folders.etc),
        )
        if applied.asterisk:
            say(_("Asterisk has read it"))
        return
    _tell_includes(site)


def _tell_includes(site: Site) -> None:
    from careline.setup.apply import include_files

    included = include_files(site.settings, site.db)
    say(_("{count} files written"), count=len(included.changes.files))
    for name, text in included.lines:
        path = (site.settings.asterisk.etc or Path()) / name
        say(_("at the end of {file}, add: {line}"), file=str(path), line=text)
    for note in included.notes:
        click.echo(note.to(language()))


@asterisk.command("status", help=_("Whether Asterisk runs, its version, calls and phones."))
@json_option
@pass_site
def _status(site: Site, as_json: bool) -> None:
    _only_own(site)
    now = status(site)
    if as_json:
        print_json(now)
        return
    if not now["running"]:
        say(_("Asterisk does not run"))
        return
    say(_("{version}, process {pid}, up {uptime}"), **now)
    say(_("channels: {channels}"), **now)
    say(_("phones registered: {phones}"), phones=now["phones"] or "-")


def status(site: Site) -> dict[str, Any]:
    """What the running Asterisk says of itself."""
    from careline.setup.prepare import instance_of

    instance = instance_of(site.settings)
    if not instance.is_running():
        return {"running": False}
    contacts = instance.rx("pjsip show contacts").splitlines()
    phones = [row.split()[1].partition("/")[0] for row in contacts if _is_phone(row)]
    return {
        "running": True,
        "pid": instance.pid(),
        "version": instance.rx("core show version").partition(" built")[0].strip(),
        "uptime": _uptime(instance.rx("core show uptime seconds")),
        "channels": int((instance.rx("core show channels count").split() or ["0"])[0]),
        "phones": sorted(set(phones)),
    }


def _is_phone(row: str) -> bool:
    """A line such as ``Contact:  1001/sip:1001@127.0.0.3:41234 5ac6 NonQual nan``, not a header."""
    words = row.split()
    return len(words) > 1 and words[0] == "Contact:" and "/sip:" in words[1] and "@" in words[1]


def _uptime(text: str) -> str:
    """``System uptime: 3600`` as 1:00:00."""
    from careline.i18n import format_clock

    digits = text.partition(":")[2].split()
    return format_clock(float(digits[0])) if digits and digits[0].isdigit() else "-"


@asterisk.command("lint", help=_("Look for what is dangerous in a configuration; ours, or FOLDER."))
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False
)
@pass_site
def _lint(site: Site, folder: Path | None) -> None:
    from careline.asterisk.layout import folders
    from careline.asterisk.lint import check

    theirs = site.settings.asterisk.etc
    place = folder or theirs or folders(site.home.asterisk).etc
    check(place)
    say(_("nothing dangerous in {folder}"), folder=str(place))
