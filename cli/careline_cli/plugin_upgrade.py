"""``careline plugin upgrade`` and ``rollback``: another version of a plugin, with calls up."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from careline.errors import CarelineError, Invalid, Refused, Unavailable
from careline.terminal.frame import Command, option
from careline.terminal.language import language
from careline.terminal.say import _, say
from careline_cli.people import written_down
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from pathlib import Path

    from careline.plugins.versions import Outcome, Version
    from careline.setup.upgrade import Judge

#: Seconds in which the core is up again, or has gone back, tables and all.
WAIT_S = 300.0
LOOK_S = 0.25

yes_option = option("--yes", is_flag=True, help=_("Do not ask."))


@click.command(
    "upgrade",
    cls=Command,
    help=_(
        "Take another version of a plugin: a wheel, a folder with a pyproject.toml, or a"
        " requirement as pip understands it. It is checked first; the core is started anew with it"
        " while calls go on, and goes back by itself when it does not come up."
    ),
)
@click.argument("name")
@click.argument("what")
@option("--anyway", is_flag=True, help=_("Take it though careline plugin check finds fault."))
@pass_site
def upgrade(site: Site, name: str, what: str, anyway: bool) -> None:
    """Check, keep the version before, take up the new one."""
    from careline.plugins import read_catalog
    from careline.plugins.versions import Versions
    from careline.setup.upgrade import plan_upgrade, want

    say(_("fetching and checking {what}"), what=what)
    judge = None if anyway or not find_spec("careline.testing") else _judge(site, name)
    old, new = plan_upgrade(site.settings, read_catalog(), name, what, judge)
    rows = Versions(site.home, name).rows(old)
    if rows.exists():
        say(_("the rows of its tables are kept in {file}"), file=rows)
    if not new.before:
        text = _("its folder holds the new files already (pip install -e): no rollback from here")
        say(text)
    want(site.settings, name, old, new)
    _take_up(site, "plugin.upgraded", name, old, new)


def _judge(site: Site, name: str) -> Judge:
    """The contract, with the hospital's own settings of the plugin."""
    from careline.testing.contract import check_apart

    def judge(folder: Path) -> list[CarelineError]:
        options = ["--config", str(site.home.config)]
        said = check_apart(name, language(), path=[folder], options=options)
        return [Invalid(one["code"], "{text}", text=one["text"]) for one in said["findings"]]

    return judge


@click.command(
    "rollback",
    cls=Command,
    help=_(
        "Go back to the version of a plugin that an upgrade has replaced. Its data stays, but for"
        " what only the newer version has columns or tables for: that is told first, and kept."
    ),
)
@click.argument("name")
@yes_option
@pass_site
def rollback(site: Site, name: str, yes: bool) -> None:
    """Say what is lost, then take up the version before."""
    from careline.i18n import translate
    from careline.plugins.versions import Versions
    from careline.setup.upgrade import plan_rollback, want

    now, before, lost = plan_rollback(site.settings, name)
    if lost:
        say(_("version {version} has no place for:"), version=before.version)
        for one in lost:
            say(_("  {what}"), what=one)
        say(_("it is kept in {file}"), file=Versions(site.home, name).rows(now))
    else:
        say(_("nothing of its data is lost"))
    if not yes:
        text = _("Take {plugin} from {now} back to {before}?")
        words = [now.version, before.version]
        if now.version == before.version:  # their numbers tell them apart
            words = [now.folder, before.folder]
        asked = translate(text, language(), plugin=name, now=words[0], before=words[1])
        click.confirm(asked, abort=True)
    want(site.settings, name, now, before)
    _take_up(site, "plugin.rolled_back", name, now, before)


@click.command(
    "forget",
    cls=Command,
    help=_(
        "Forget the versions of a plugin that are kept here, and what was kept aside of its rows:"
        " it is again the one that is installed in the environment. Refused where that cannot run"
        " on its tables."
    ),
)
@click.argument("name")
@yes_option
@pass_site
def forget(site: Site, name: str, yes: bool) -> None:
    """Check the environment's own, then have the next start take it."""
    from careline.i18n import translate
    from careline.plugins.versions import Versions
    from careline.setup.upgrade import plan_forgetting

    plan_forgetting(site.settings, name)
    if not yes:
        text = _("Forget the kept versions of {plugin}, and take the one of the environment?")
        click.confirm(translate(text, language(), plugin=name), abort=True)
    Versions(site.home, name).forget()
    written_down(site, "plugin.forgotten", name)
    if _restarts(site):
        say(_("the core is started anew; calls go on"))
    else:
        say(_("plugin {plugin} is taken from the environment at the next start"), plugin=name)


def _restarts(site: Site) -> bool:
    """Have a running core started anew; False when none runs, or none that is started again.

    One that is being started at this moment is waited for: it may have looked already.
    """
    end = site.clock.seconds() + WAIT_S
    while True:
        try:
            site.control.call("restart")
        except (Unavailable, Refused) as error:
            if error.code in ("control.no_core", "core.alone"):
                return False
            if error.code != "control.restarting" or site.clock.seconds() > end:
                raise
            site.wait(site.clock.sleep(LOOK_S))
            continue
        return True


def _take_up(site: Site, act: str, name: str, old: Version, new: Version) -> None:
    """Have a running core started anew, and tell how that went."""
    if not _restarts(site):
        written_down(site, act, name, what=f"{old.version} -> {new.version}")
        say(_("{plugin} {version} is taken up when careline is started"), **_named(name, new))
        return
    say(_("the core is started anew; calls go on"))
    outcome = _settled(site, name)
    if outcome.version != outcome.wanted or outcome.reason:
        raise Refused(
            "upgrade.taken_back",
            "{plugin} {version} did not come up and {now} runs again: {reason}",
            plugin=name,
            version=outcome.wanted,
            now=outcome.version,
            reason=outcome.reason,
        )
    written_down(site, act, name, what=f"{old.version} -> {new.version}")
    say(_("{plugin} {version} runs"), **_named(name, new))


def _named(name: str, version: Version) -> dict[str, object]:
    return {"plugin": name, "version": version.version}


def _settled(site: Site, name: str) -> Outcome:
    """How the change went, once the core has taken it up or gone back."""
    from careline.plugins.versions import Versions

    versions = Versions(site.home, name)
    end = site.clock.seconds() + WAIT_S
    while site.clock.seconds() < end:
        outcome = versions.outcome
        if outcome is not None and site.control.running():
            return outcome
        site.wait(site.clock.sleep(LOOK_S))
    raise CarelineError(
        "upgrade.late", "no answer from the core within {seconds} s; see its log", seconds=WAIT_S
    )
