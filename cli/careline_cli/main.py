"""``careline``: the command line of administrators and of scripts."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from careline import __version__
from careline.errors import CarelineError, NotFound
from careline.i18n import LANGUAGES, error_text, reason
from careline.terminal import click_texts
from careline.terminal.frame import LazyGroup, Option
from careline.terminal.language import SAID, Said, config_file, language, template
from careline.terminal.say import _, complain
from careline_cli.site import Site

if TYPE_CHECKING:
    from careline.hooks import Command as ProvidedCommand

EXIT_BAD_INPUT = 2

COMMANDS_OF_PLUGINS = _("Commands of plugins")

#: Every command: where it is, and its short help.
COMMANDS = {
    "init": ("processes:init", _("Make the home ready; safe to repeat")),
    "run": ("processes:run", _("Run the hotline: Asterisk and the core")),
    "core": ("processes:core", ""),
    "doctor": ("doctor:doctor", _("Check everything, and say what to do")),
    "status": ("status:status", _("What is going on now")),
    "demo": ("demo:demo", _("The demonstration hospital, and a scripted call")),
    "figures": ("figures:figures", _("Figures of today and of other days")),
    "board": ("board:board", _("The floor now, and steering it")),
    "alarm": ("alarm:alarm", _("Alarms")),
    "health": ("health:health", _("What plugins say of what they depend on")),
    "job": ("job:job", _("Jobs: retry and drop what was set aside")),
    "call": ("call:call", _("Calls: their records and timelines")),
    "campus": ("campus:campus", _("Campuses, business hours, holidays")),
    "queue": ("queue:queue", _("Queues (skill groups)")),
    "agent": ("agent:agent", _("Agents and their phones")),
    "patient": ("patient:patient", _("Patients: find, change, merge, import, export")),
    "user": ("user:user", _("Users of the workspace")),
    "role": ("role:role", _("Roles and what they permit")),
    "grant": ("grant:grant", _("Temporary grants")),
    "audit": ("audit:audit", _("The audit log")),
    "trunk": ("trunk:trunk", _("Lines to the outside")),
    "number": ("number:number", _("Blocklist and VIP list")),
    "outreach": ("outreach:outreach", _("Who is not contacted, and why a contact waits")),
    "flow": ("flow:flow", _("IVR flows")),
    "dnis": ("dnis:dnis", _("Called numbers and where they lead")),
    "prompt": ("prompt:prompt", _("What callers hear")),
    "voicemail": ("voicemail:voicemail", _("Messages that callers left")),
    "callback": ("callback:callback", _("Calls that are owed to callers")),
    "outbound": ("outbound:outbound", _("Calls that the hospital begins")),
    "disposition": ("disposition:disposition", _("What calls are about")),
    "plugin": ("plugin:plugin", _("Plugins")),
    "bundle": ("bundle:bundle", _("Named sets of plugins")),
    "db": ("db:db", _("The database's tables")),
    "asterisk": ("asterisk:asterisk", _("The telephone switch")),
    "backup": ("backup:backup", _("Save everything in one file")),
    "restore": ("backup:restore", _("Put a backup in place")),
    "completion": ("completion:completion", _("Completion of commands in your shell")),
}


class Careline(LazyGroup):
    """Shows our own errors in the user's language and ends with exit code 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run one command line; what it says of language and home is forgotten with it."""
        click_texts.speak()
        token = SAID.set(Said())
        try:
            return super().main(*args, **kwargs)
        finally:
            SAID.reset(token)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of ours, else one that an enabled plugin brings."""
        return super().get_command(ctx, cmd_name) or self._of_plugin(ctx, cmd_name)

    def _of_plugin(self, ctx: click.Context, name: str) -> click.Command | None:
        """Plugins are loaded when somebody asks for a command that is none of ours.

        NotFound when one brings it that is off.
        """
        site = Site(SAID.get().home)
        if ctx.resilient_parsing or not site.home.config.exists():
            return None
        site.use_kept()
        if name in (found := _commands(site)):
            return found[name].command
        if get_close_matches(name, COMMANDS, cutoff=0.8):  # mistyped: nobody waits for all plugins
            return None
        from careline_cli.offline import commands_of_others

        plugin = commands_of_others(site.settings, site.clock).get(name)
        if plugin is None:
            return None
        raise NotFound(
            "plugin.command_off",
            "careline {command} comes with plugin {plugin}, which is off; switch it on by:"
            " careline plugin enable {plugin}",
            command=name,
            plugin=plugin,
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Ours, then those of the plugins that are on, in a section of their own."""
        super().format_commands(ctx, formatter)
        site = Site(SAID.get().home)
        if not site.home.config.exists():
            return
        from careline_cli.brought import about_commands

        try:
            found = about_commands(site)
        except CarelineError as error:
            with formatter.section(template(COMMANDS_OF_PLUGINS)):
                formatter.write_text(error_text(error, language()))
            return
        rows = [(name, template(about)) for name, about in found.items()]
        if rows:
            with formatter.section(template(COMMANDS_OF_PLUGINS)):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error that we know is told, not traced."""
        try:
            return super().invoke(ctx)
        except CarelineError as error:
            click.echo(error_text(error, language()), err=True)
        except OSError as error:
            if error.errno not in TOLD:
                raise
            complain("{file}: {reason}", file=error.filename or "-", reason=reason(error))
        sys.exit(EXIT_BAD_INPUT)


#: Faults of the machine that the user can mend, so that a traceback would only hide them.
TOLD = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT)


def _commands(site: Site) -> Mapping[str, ProvidedCommand]:
    """The commands of enabled plugins; without any, nothing is loaded."""
    if not site.settings.plugins:
        return {}
    from careline_cli.offline import plugin_commands

    return plugin_commands(site.settings, site.clock)


def _speak(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    SAID.set(evolve(SAID.get(), lang=value or ""))


def _settle(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    SAID.set(evolve(SAID.get(), home=value or ""))
    return value or ""


@click.command(
    "careline",
    cls=Careline,
    lazy={name: (f"careline_cli.{where}", about) for name, (where, about) in COMMANDS.items()},
    help=_("Hospital call center."),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    is_eager=True,
    expose_value=False,
    callback=_speak,
    cls=Option,
    help=_("Language of this command: zh or en."),
)
@click.option(
    "--home",
    type=click.Path(),
    is_eager=True,
    callback=_settle,
    cls=Option,
    help=_("Home directory; else $CARELINE_HOME, ./var or ~/.careline."),
)
@click.version_option(
    __version__, cls=Option, prog_name="careline", help=_("Show the version and exit.")
)
@click.pass_context
def main(ctx: click.Context, home: str) -> None:
    """Find the home, and the plugins that it keeps; everything else is the commands'."""
    ctx.obj = Site(home)
    if (config_file(home, os.environ.get("CARELINE_HOME", "")).parent / "plugins").is_dir():
        ctx.obj.use_kept()  # before any plugin is imported
