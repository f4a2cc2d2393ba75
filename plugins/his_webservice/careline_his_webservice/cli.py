"""``careline his``: the hospitals' systems on the command line.

``list`` asks the running core how they are; ``exchanges`` and ``check`` need none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from careline_his_webservice import store
from careline_his_webservice.adapters.embedded.cli import embedded
from careline_his_webservice.calling.exchanges import ExchangeLog
from careline_his_webservice.calling.model import Kept, Outcome, Wanted
from careline_his_webservice.campus import CHECK_S
from careline_his_webservice.campuses import Campuses
from careline_his_webservice.config import Config, embedded_settings

UNWELL = 2
WELL = Text("well")
NOT_RUNNING = Text("careline does not run, so nobody asks it now")
NOTHING = Text("no system is configured: [plugin.his_webservice.campus.…] in careline.toml")
MISSING = Text("this is missing")

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def commands(core: Core, config: Config) -> list[Command]:
    """The command group."""
    group = click.Group("his", help="Hospital systems (HIS).")
    for one in (_list(core, config), _check(core, config), _exchanges(core)):
        group.add_command(one)
    group.add_command(embedded(core, embedded_settings(config)))
    return [Command(name="his", command=group)]


def _list(core: Core, config: Config) -> click.Command:
    @click.command("list", help="Campuses, their systems, and how they are now.")
    @json_option
    def command(as_json: bool) -> None:
        lang = core.settings.language
        states = _states(core)
        rows = [
            {
                "campus": name,
                "kind": one.kind,
                "level": states[name]["level"] if states and name in states else "",
                "detail": _told(states, name).to(lang),
            }
            for name, one in config.campus.items()
        ]
        if as_json:
            _print_json(rows)
            return
        for row in rows:
            click.echo("{campus:<12}  {kind:<9}  {level:<8}  {detail}".format(**row))
        if not rows:
            click.echo(NOTHING.to(lang))

    return command


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
    @click.command("check", help="Walk a campus's mapping against the live system; writes nothing.")
    @click.argument("campus")
    @json_option
    def command(campus: str, as_json: bool) -> None:
        if campus not in config.campus:
            raise NotFound(
                "his.campus", "no system is configured for campus {campus}", campus=campus
            )
        site = click.get_current_context().obj  # careline_cli's Site
        findings = site.on_reactor(partial(check_campus, core, config, campus))
        if as_json:
            _print_json(
                [{"what": one.what, "ok": one.ok, "detail": one.detail} for one in findings]
            )
        else:
            _show(findings, core.settings.language)
        click.get_current_context().exit(0 if all(one.ok for one in findings) else UNWELL)

    return command


def _show(findings: Sequence[Finding], lang: str) -> None:
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
        found = [Finding(what="system", ok=False, detail=error_text(error, core.settings.language))]
    except TimeoutError:
        found = [Finding(what="system", ok=False, detail=f"no answer within {CHECK_S:g} s")]
    await campuses.stop()
    await exchanges.written()
    return found


def _exchanges(core: Core) -> click.Command:
    @click.command("exchanges", help="What was said with the systems lately, masked.")
    @click.option("--campus", default="", help="Of this campus only.")
    @click.option("--what", default="", help="Of this question only, such as book.")
    @click.option("--outcome", type=click.Choice([one.value for one in Outcome]))
    @click.option("--id", "exchange", default=0, help="One of them, with both texts.")
    @json_option
    def command(campus: str, what: str, outcome: str | None, exchange: int, as_json: bool) -> None:
        wanted = Wanted(campus=campus, what=what, outcome=Outcome(outcome) if outcome else None)
        one = core.db.run_sync(store.load, exchange) if exchange else None
        found = ((one,) if one else ()) if exchange else core.db.run_sync(store.search, wanted)
        if as_json:
            _print_json([_plain(one) for one in found])
        else:
            for one in found:
                _show_exchange(one, whole=bool(exchange))

    return command


def _show_exchange(one: Kept, *, whole: bool) -> None:
    click.echo(
        f"{one.id:>8}  {one.at:%Y-%m-%d %H:%M:%S}Z  {one.campus:<12}  {one.what:<16}  "
        f"{one.outcome.value:<11}  {one.took_ms:>6} ms"
    )
    if whole:
        click.echo(f"> {one.request}\n< {one.response}")


def _plain(one: Kept) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at.isoformat(timespec="milliseconds"),
        "campus": one.campus,
        "what": one.what,
        "outcome": one.outcome.value,
        "took_ms": one.took_ms,
        "request": one.request,
        "response": one.response,
    }


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
