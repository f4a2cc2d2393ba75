"""``careline sms``: messages on the command line; none of it needs the running core."""

from __future__ import annotations

import getpass
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import click

from careline.audit.model import Entry as AuditLine
from careline.audit.store import add_entry
from careline.errors import Invalid
from careline.hooks import Command, Urgency
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.plugins import Core
from careline.storage import Tx
from careline.terminal import Group, json_option
from careline_sms import search
from careline_sms.model import Message, New, State, Wanted
from careline_sms.service import Messages
from careline_sms.services import Services
from careline_sms.templating import store as templates

reason_option = click.option("--reason", required=True, help="Why; it is kept in the audit log.")


def commands(services: Services) -> list[Command]:
    """The command group."""
    group = Group("sms", help=Text("Text messages.").msgid)
    for one in (
        _send(services),
        _list(services),
        _resend(services),
        _gateways(services),
        _templates(services.core),
    ):
        group.add_command(one)
    return [Command(name="sms", command=group)]


def _send(services: Services) -> click.Command:
    core = services.core

    @click.command("send", help="Put a message; the running core sends it.")
    @click.argument("number")
    @click.argument("text", default="")
    @click.option("--template", default="", help="Of this template instead of a text.")
    @click.option("--value", "values", multiple=True, help="A value of the template: name=value.")
    @click.option("--language", default="zh", type=click.Choice(("zh", "en")))
    @click.option("--urgent", is_flag=True, help="At night too.")
    @click.option("--key", default="", help="The same key twice is one message.")
    @reason_option
    def command(
        number: str,
        text: str,
        template: str,
        values: tuple[str, ...],
        language: str,
        urgent: bool,
        key: str,
        reason: str,
    ) -> None:
        services.templates.take(core.db.run_sync(templates.approved))
        new = New(
            key=key or f"cli:{secrets.token_hex(8)}",
            to=number,
            text=text,
            template=template,
            values=_pairs(values),
            language=language,
            purpose="cli",
            urgency=Urgency.URGENT if urgent else Urgency.ROUTINE,
            by=_actor(),
        )
        if faults := services.messages.problems(new):
            raise faults[0]
        line = _line(core.clock.now(), "sms.sent", masked(number), reason)
        id = core.db.run_sync(_put, services.messages, new, line)
        click.echo(str(id))

    return command


def _put(tx: Tx, messages: Messages, new: New, line: AuditLine) -> int:
    add_entry(tx, line)
    return messages.put(tx, new)


def _list(services: Services) -> click.Command:
    core = services.core

    @click.command("list", help="Messages, the newest first; numbers are covered.")
    @click.option("--state", "states", multiple=True, type=click.Choice([s.value for s in State]))
    @click.option("--days", default=7, show_default=True, help="Put in the last days.")
    @click.option("--number", default="", help="The end of a number.")
    @click.option("--most", default=50, show_default=True, help="So many lines.")
    @json_option
    def command(states: tuple[str, ...], days: int, number: str, most: int, as_json: bool) -> None:
        since = core.clock.now() - timedelta(days=days)
        wanted = Wanted(since=since, states=tuple(map(State, states)), number=number)
        found, count = core.db.run_sync(search.listed, wanted, 0, most)
        rows = [_plain(one) for one in found]
        if as_json:
            click.echo(json.dumps({"count": count, "messages": rows}, ensure_ascii=False, indent=2))
            return
        for row in rows:
            click.echo(
                f"{row['id']:>8}  {row['created']}  {row['to']:<14}  {row['state']:<10}  "
                f"{row['gateway']:<12}  {row['purpose']:<12}  {row['code']}"
            )

    return command


def _resend(services: Services) -> click.Command:
    core = services.core

    @click.command("resend", help="Have a message sent again that failed or is uncertain.")
    @click.argument("id", type=int)
    @reason_option
    def command(id: int, reason: str) -> None:
        line = _line(core.clock.now(), "sms.resent", str(id), reason)
        core.db.run_sync(_again, services.messages, id, line)

    return command


def _again(tx: Tx, messages: Messages, id: int, line: AuditLine) -> None:
    add_entry(tx, line)
    messages.resend_in(tx, id, line.actor)


def _gateways(services: Services) -> click.Command:
    core = services.core

    @click.command("gateways", help="Gateways in their order, and what they took in a day.")
    @json_option
    def command(as_json: bool) -> None:
        now = core.clock.now()
        rows = []
        for one in services.gateways.listed():
            wanted = Wanted(since=now - timedelta(days=1), gateway=one.name)
            counts = core.db.run_sync(search.counts, wanted)
            states = {state.value: count for state, count in counts.items() if count}
            rows.append(
                {
                    "name": one.name,
                    "kind": one.kind,
                    "price": one.price,
                    "per_second": one.per_second,
                    "messages": states,
                }
            )
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        for row in () if as_json else rows:
            said = "  ".join(f"{state} {count}" for state, count in _items(row["messages"]))
            click.echo(f"{row['name']:<12}  {row['kind']:<8}  {row['per_second']:>7g}/s  {said}")
        if not rows:
            click.echo(Text("there is none, so no message is sent").to(core.settings.language))

    return command


def _templates(core: Core) -> click.Command:
    @click.command("templates", help="Templates, the newest version of each.")
    @json_option
    def command(as_json: bool) -> None:
        found = core.db.run_sync(templates.newest)
        rows = [
            {"name": one.name, "version": one.version, "state": one.state.value, "zh": one.zh,
             "en": one.en}
            for one in found
        ]  # fmt: skip
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        for row in () if as_json else rows:
            text = str(row["zh"] or row["en"])
            click.echo(f"{row['name']:<20}  {row['version']:>3}  {row['state']:<10}  {text}")

    return command


def _items(value: Any) -> list[tuple[str, int]]:
    return list(value.items())


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in values:
        name, equals, value = one.partition("=")
        if not equals:
            raise Invalid("sms.value", "{value}: write name=value", value=one)
        found[name] = value
    return found


def _actor() -> str:
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "cli:?"


def _line(now: datetime, act: str, whose: str, why: str) -> AuditLine:
    why = why.strip()
    if not why:
        raise Invalid("sms.reason", "please say why")
    return AuditLine(at=now, act=act, actor=_actor(), kind="sms", whose=whose, why=why)


def _plain(one: Message) -> dict[str, Any]:
    return {
        "id": one.id,
        "created": one.created.isoformat(timespec="seconds"),
        "to": masked(one.to),
        "state": one.state.value,
        "gateway": one.gateway,
        "purpose": one.purpose,
        "parts": one.parts,
        "cost": one.cost,
        "code": one.code,
    }
