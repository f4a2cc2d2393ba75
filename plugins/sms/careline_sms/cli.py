"""``careline sms``: messages on the command line; none of it needs the running core."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
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
from careline.terminal import (
    Group,
    _,
    command,
    json_option,
    listing,
    option,
    print_json,
    say,
    who,
)
from careline_sms import search
from careline_sms.model import Message, New, State, Wanted
from careline_sms.pages.words import STATES, TEMPLATE_STATES, purpose
from careline_sms.service import Messages
from careline_sms.services import Services
from careline_sms.templating import store as templates

COLUMNS: Mapping[str, str] = {
    "id": _("id"),
    "created": _("when"),
    "to": _("number"),
    "state": _("state"),
    "gateway": _("gateway"),
    "purpose": _("purpose"),
    "code": _("code"),
}
GATEWAYS: Mapping[str, str] = {
    "name": _("name"),
    "kind": _("kind"),
    "per_second": _("each second"),
    "messages": _("messages of a day"),
}
TEMPLATES: Mapping[str, str] = {
    "name": _("name"),
    "version": _("version"),
    "state": _("state"),
    "text": _("text"),
}
CLI, TYPED = "cli", Text("command line")

reason_option = option("--reason", required=True, help=_("Why; it is kept in the audit log."))


def commands(services: Services) -> list[Command]:
    """The command group."""
    group = Group("sms", help=_("Text messages: send, list, gateways, templates."))
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

    @command("send", _("Put a message; the running core sends it."))
    @click.argument("number")
    @click.argument("text", default="")
    @option("--template", default="", help=_("Of this template instead of a text."))
    @option("--value", "values", multiple=True, help=_("A value of the template: name=value."))
    @option(
        "--language",
        default="zh",
        type=click.Choice(("zh", "en")),
        help=_("The language of the template."),
    )
    @option("--urgent", is_flag=True, help=_("At night too."))
    @option("--key", default="", help=_("The same key twice is one message."))
    @reason_option
    def send(
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
            purpose=CLI,
            urgency=Urgency.URGENT if urgent else Urgency.ROUTINE,
            by=who(),
        )
        if faults := services.messages.problems(new):
            raise faults[0]
        line = _line(core.clock.now(), "sms.sent", masked(number), reason)
        id = core.db.run_sync(_put, services.messages, new, line)
        say(_("message {id} is put; the running core sends it"), id=id)

    return send


def _put(tx: Tx, messages: Messages, new: New, line: AuditLine) -> int:
    add_entry(tx, line)
    return messages.put(tx, new)


def _list(services: Services) -> click.Command:
    core = services.core

    @command("list", _("Messages, the newest first; numbers are covered."))
    @option(
        "--state",
        "states",
        multiple=True,
        type=click.Choice([s.value for s in State]),
        help=_("Only those in this state."),
    )
    @option("--days", default=7, show_default=True, help=_("Put in the last days."))
    @option("--number", default="", help=_("The end of a number."))
    @option("--most", default=50, show_default=True, help=_("So many lines."))
    @json_option
    def listed(states: tuple[str, ...], days: int, number: str, most: int, as_json: bool) -> None:
        since = core.clock.now() - timedelta(days=days)
        wanted = Wanted(since=since, states=tuple(map(State, states)), number=number)
        found, count = core.db.run_sync(search.listed, wanted, 0, most)
        if as_json:
            print_json({"count": count, "messages": [_plain(one) for one in found]})
            return
        rows = [_shown(one) for one in found]
        listing(rows, COLUMNS, as_json=False, none=_("there are none"))
        if count > len(rows):
            say(_("{shown} of {count} are shown"), shown=len(rows), count=count)

    return listed


def _shown(one: Message) -> dict[str, Any]:
    """A message as people read it; the number covered."""
    meant = TYPED if one.purpose == CLI else purpose(one.purpose)
    return _plain(one) | {"state": STATES[one.state], "purpose": meant}


def _resend(services: Services) -> click.Command:
    core = services.core

    @command("resend", _("Have a message sent again that failed or is uncertain."))
    @click.argument("id", type=int)
    @reason_option
    def resend(id: int, reason: str) -> None:
        line = _line(core.clock.now(), "sms.resent", str(id), reason)
        core.db.run_sync(_again, services.messages, id, line)
        say(_("message {id} is put; the running core sends it"), id=id)

    return resend


def _again(tx: Tx, messages: Messages, id: int, line: AuditLine) -> None:
    add_entry(tx, line)
    messages.resend_in(tx, id, line.actor)


def _gateways(services: Services) -> click.Command:
    core = services.core

    @command("gateways", _("Gateways in their order, and what they took in a day."))
    @json_option
    def gateways(as_json: bool) -> None:
        now = core.clock.now()
        rows: list[dict[str, Any]] = []
        for one in services.gateways.listed():
            wanted = Wanted(since=now - timedelta(days=1), gateway=one.name)
            counts = core.db.run_sync(search.counts, wanted)
            rows.append(
                {
                    "name": one.name,
                    "kind": one.kind,
                    "price": one.price,
                    "per_second": one.per_second,
                    "messages": {state.value: count for state, count in counts.items() if count},
                }
            )
        if not as_json:
            rows = [row | {"messages": _counted(row["messages"])} for row in rows]
        none = _("there is none, so no message is sent")
        listing(rows, GATEWAYS, as_json=as_json, none=none)

    return gateways


def _counted(counts: Mapping[str, int]) -> list[Text]:
    """How many messages are in each state, in words."""
    return [
        Text("{state} {count}", {"state": STATES[State(state)], "count": count})
        for state, count in counts.items()
    ]


def _templates(core: Core) -> click.Command:
    @command("templates", _("Templates, the newest version of each."))
    @json_option
    def newest(as_json: bool) -> None:
        found = core.db.run_sync(templates.newest)
        rows: list[dict[str, Any]] = [
            {"name": one.name, "version": one.version, "state": one.state, "zh": one.zh,
             "en": one.en}
            for one in found
        ]  # fmt: skip
        if not as_json:
            rows = [
                row | {"state": TEMPLATE_STATES[row["state"]][0], "text": row["zh"] or row["en"]}
                for row in rows
            ]
        listing(rows, TEMPLATES, as_json=as_json, none=_("there are none"))

    return newest


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in values:
        name, equals, value = one.partition("=")
        if not equals:
            raise Invalid("sms.value", "{value}: write name=value", value=one)
        found[name] = value
    return found


def _line(now: datetime, act: str, whose: str, why: str) -> AuditLine:
    why = why.strip()
    if not why:
        raise Invalid("sms.reason", "please say why")
    return AuditLine(at=now, act=act, actor=who(), kind="sms", whose=whose, why=why)


def _plain(one: Message) -> dict[str, Any]:
    return {
        "id": one.id,
        "created": one.created.replace(microsecond=0),
        "to": masked(one.to),
        "state": one.state.value,
        "gateway": one.gateway,
        "purpose": one.purpose,
        "parts": one.parts,
        "cost": one.cost,
        "code": one.code,
    }
