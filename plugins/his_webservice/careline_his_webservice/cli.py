"""``careline his``: the hospitals' systems on the command line.

``list`` asks the running core how they are; ``exchanges`` and ``check`` need none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import click
from attrs import evolve
from twisted.internet.threads import deferToThreadPool

from careline.clinic.his import Finding
from careline.clock import Clock, TimeoutError
from careline.control import ControlClient
from careline.errors import CarelineError, NotFound, Unavailable
from careline.hooks import Command
from careline.i18n import Text, error_text
from careline.plugins import Core
from careline.tasks import Tasks
from careline.terminal import (
    Group,
    _,
    command,
    json_option,
    language,
    listing,
    option,
    print_json,
)
from careline_his_webservice import store
from careline_his_webservice.adapters.embedded.cli import embedded
from careline_his_webservice.admin.exchanges import OUTCOMES
from careline_his_webservice.calling.exchanges import ExchangeLog
from careline_his_webservice.calling.model import Kept, Outcome, Wanted
from careline_his_webservice.campus import CHECK_S
from careline_his_webservice.campuses import Campuses
from careline_his_webservice.config import Config, embedded_settings

UNWELL = 2
WELL = Text("well")
NOT_RUNNING = Text("careline does not run, so nobody asks it now")
MISSING = Text("this is missing")
SYSTEM = _("system")
LEVELS: Mapping[str, Text] = {
    "critical": Text("critical"),
    "major": Text("major"),
    "minor": Text("minor"),
    "notice": Text("notice"),
    "ok": WELL,
}
COLUMNS: Mapping[str, str] = {
    "campus": _("campus"),
    "kind": _("kind"),
    "level": _("state"),
    "detail": _("details"),
}
EXCHANGES: Mapping[str, str] = {
    "id": _("id"),
    "at": _("when"),
    "campus": _("campus"),
    "what": _("question"),
    "outcome": _("outcome"),
    "took_ms": _("took ms"),
}


def commands(core: Core, config: Config) -> list[Command]:
    """The command group."""
    group = Group("his", help=_("Hospital systems (HIS): how they are, what was said."))
    for one in (_list(core, config), _check(core, config), _exchanges(core)):
        group.add_command(one)
    group.add_command(embedded(core, embedded_settings(config)))
    return [Command(name="his", command=group)]


def _list(core: Core, config: Config) -> click.Command:
    @command("list", _("Campuses, their systems, and how they are now."))
    @json_option
    def listed(as_json: bool) -> None:
        states = _states(core)
        rows: list[dict[str, Any]] = [
            {
                "campus": name,
                "kind": one.kind,
                "level": states[name]["level"] if states and name in states else "",
                "detail": _told(states, name).to(language()),
            }
            for name, one in config.campus.items()
        ]
        if not as_json:
            rows = [row | {"level": LEVELS.get(row["level"], row["level"])} for row in rows]
        none = _("no system is configured: [plugin.his_webservice.campus.…] in careline.toml")
        listing(rows, COLUMNS, as_json=as_json, none=none)

    return listed


def _states(core: Core) -> dict[str, Any] | None:
    """The health of each system as the running core says; None when none runs."""
    try:
        told = ControlClient(core.settings.control_socket).call("health")
    except Unavailable:
        return None
    return {one["name"]: one for one in told["checks"] if one["plugin"] == "his_webservice"}


def _told(states: dict[str, Any] | None, campus: str) -> Text:
    if states is None:
        return NOT_RUNNING
    told = states.get(campus)
    if told is None:
        return Text("{text}", {"text": "?"})
    if told["level"] == "ok":
        return WELL
    return Text("{text}", {"text": " → ".join(filter(None, (told["detail"], told["remedy"])))})


def _check(core: Core, config: Config) -> click.Command:
    @command("check", _("Walk a campus's mapping against the live system; writes nothing."))
    @click.argument("campus")
    @json_option
    def check(campus: str, as_json: bool) -> None:
        if campus not in config.campus:
            raise NotFound(
                "his.campus", "no system is configured for campus {campus}", campus=campus
            )
        site = click.get_current_context().obj  # careline_cli's Site
        findings = site.on_reactor(partial(check_campus, core, config, campus))
        if as_json:
            print_json([{"what": one.what, "ok": one.ok, "detail": one.detail} for one in findings])
        else:
            _show(findings)
        click.get_current_context().exit(0 if all(one.ok for one in findings) else UNWELL)

    return check


def _show(findings: Sequence[Finding]) -> None:
    lang = language()
    for one in findings:
        what = Text(one.what).to(lang)
        detail = one.detail and Text(one.detail).to(lang)
        missing = "" if one.ok else f"{MISSING.to(lang)}: " if detail else MISSING.to(lang)
        click.echo(f"{'✓' if one.ok else '✗'} {what}  {missing}{detail}".rstrip())


async def check_campus(core: Core, config: Config, campus: str, reactor: Any) -> Sequence[Finding]:
    """Build this campus's system alone, on ``reactor``, and check it; errors are findings too."""
    clock, tasks = Clock(reactor), Tasks()
    here = evolve(
        core,
        clock=clock,
        tasks=tasks,
        reactor=reactor,
        in_thread=partial(deferToThreadPool, reactor, reactor.getThreadPool()),
    )
    await core.campuses.load()
    exchanges = ExchangeLog(core.db, clock, tasks)
    campuses = Campuses(here, evolve(config, campus={campus: config.campus[campus]}), exchanges)
    asked = campuses.by_name[campus]
    await campuses.borrow()
    try:
        found = await clock.within(CHECK_S, asked.check())
    except CarelineError as error:
        found = [Finding(what=SYSTEM, ok=False, detail=error_text(error, language()))]
    except TimeoutError:
        late = Text("no answer within {seconds} s", {"seconds": f"{CHECK_S:g}"})
        found = [Finding(what=SYSTEM, ok=False, detail=late.to(language()))]
    await campuses.stop()
    await exchanges.written()
    return found


def _exchanges(core: Core) -> click.Command:
    @command("exchanges", _("What was said with the systems lately, masked."))
    @option("--campus", default="", help=_("Of this campus only."))
    @option("--what", default="", help=_("Of this question only, such as book."))
    @option(
        "--outcome",
        type=click.Choice([one.value for one in Outcome]),
        help=_("Only those that ended so."),
    )
    @option("--id", "exchange", default=0, help=_("One of them, with both texts."))
    @json_option
    def exchanges(
        campus: str, what: str, outcome: str | None, exchange: int, as_json: bool
    ) -> None:
        wanted = Wanted(campus=campus, what=what, outcome=Outcome(outcome) if outcome else None)
        one = core.db.run_sync(store.load, exchange) if exchange else None
        found = ((one,) if one else ()) if exchange else core.db.run_sync(store.search, wanted)
        rows = [_plain(kept) for kept in found]
        if not as_json:
            rows = [
                row | {"outcome": OUTCOMES[kept.outcome]}
                for row, kept in zip(rows, found, strict=True)
            ]
        listing(rows, EXCHANGES, as_json=as_json, none=_("there are none"))
        if one and not as_json:
            click.echo(f"> {one.request}\n< {one.response}")

    return exchanges


def _plain(one: Kept) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "campus": one.campus,
        "what": one.what,
        "outcome": one.outcome.value,
        "took_ms": one.took_ms,
        "request": one.request,
        "response": one.response,
    }
