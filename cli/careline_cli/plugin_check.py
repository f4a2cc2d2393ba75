"""``careline plugin check``: whether a plugin keeps what careline expects of every plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from careline.terminal.frame import Command, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, print_json, say


@click.command(
    "check",
    cls=Command,
    help=_(
        "Hold a plugin to what careline expects of every plugin; all that are installed without a "
        "name. Nothing is switched on, no data is touched. Ends with 1 when something is wrong."
    ),
)
@click.argument("name", required=False)
@option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=_("A careline.toml with the plugin's table, for one that needs settings."),
)
@option("--postgresql", default="", help=_("URL of an empty database to try its tables in, too."))
@json_option
@click.pass_context
def check(
    ctx: click.Context, name: str | None, config: Path | None, postgresql: str, as_json: bool
) -> None:
    """Each plugin in a process of its own."""
    from importlib.metadata import entry_points

    from careline.i18n.catalog import PLUGINS
    from careline.testing.contract import check_apart

    options = [*(["--config", str(config)] if config else [])]
    options += ["--postgresql", postgresql] if postgresql else []
    names = [name] if name else sorted({point.name for point in entry_points(group=PLUGINS)})
    reports = []
    for one in names:
        report = check_apart(one, language(), options=options)
        reports.append(report)
        if not as_json:
            _tell(report)
    if as_json:
        print_json({"plugins": reports})
    if not all(report["ok"] for report in reports):
        ctx.exit(1)


def _tell(report: dict[str, Any]) -> None:
    who = {"plugin": report["plugin"], "version": report["version"]}
    findings = report["findings"]
    if findings:
        say(_("{plugin} {version}: {count} things are wrong"), count=len(findings), **who)
    else:
        say(_("{plugin} {version}: all is well"), **who)
    for one in findings:
        click.echo(f"  - {one['text']}  [{one['code']}]")
    for one in report["advice"]:
        say(_("  to be changed some day: {text}"), text=one["text"])
