"""Values that plugins answer hooks with. Titles are English msgids, translated where shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from careline.errors import Refused

if TYPE_CHECKING:
    import click

    from careline.ivr.model import Caller


@frozen
class Refusal:
    """A guard's no: a stable code, a msgid in str.format form, and its fields."""

    code: str
    message: str
    params: Mapping[str, object] = field(factory=dict)

    def error(self) -> Refused:
        """The same as an error to raise."""
        return Refused(self.code, self.message, problems=(), **self.params)


@frozen(kw_only=True)
class Permission:
    """Something a role may be allowed to do, ``sms.send``.

    ``roles`` (agent, leader, manager, auditor) are granted it when it is offered for the first
    time; afterwards administrators decide, who hold all of them anyway.
    """

    name: str
    title: str
    roles: tuple[str, ...] = ()


class Slot(Enum):
    """Where the core shows panels: who calls, the work of a call in tabs, a call that was ...

    TASK stands with a call that is to be made (外呼任务): its ``key`` is in ``visit.args``.
    """

    CALL = "call"
    TASK = "task"
    WORK = "work"
    RECORD = "record"
    PATIENT = "patient"
    HOME = "home"
    WALL = "wall"
    ADMIN = "admin"


@frozen(kw_only=True)
class Panel:
    """A part of a page, loaded by itself.

    ``view(visit)`` answers with the template's variables; what it raises is shown in its place and
    nowhere else. ``refresh_on`` names events that load it anew. In slot WORK ``opens(visit)`` says
    how well it fits the call, 0 to 100; the best tab opens.
    """

    name: str
    title: str
    slot: Slot
    template: str
    view: Callable[[Any], Awaitable[Mapping[str, Any]]]
    permission: str
    refresh_on: tuple[str, ...] = ()
    order: int = 100
    opens: Callable[[Any], Awaitable[int]] | None = None


@frozen(kw_only=True)
class Page:
    """A page of the plugin's own; ``routes`` is the object that carries its route decorators.

    All its paths begin with ``path``. With ``rail`` it stands in the menu, under ``group`` (work,
    team, admin), with ``icon`` (a name of Lucide's). ``scripts`` are modules in ``static/`` and
    ``styles`` sheets, for all of the workspace.
    """

    name: str
    title: str
    path: str
    permission: str
    routes: object
    order: int = 100
    icon: str = "square"
    rail: bool = True
    group: str = "work"
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@frozen(kw_only=True)
class JobHandler:
    """What does the jobs of one ``kind``: ``do(args, job)``, ``timeout`` seconds for each try."""

    kind: str
    do: Callable[[Mapping[str, Any], Any], Awaitable[object]]
    timeout: float = 60.0
    max_tries: int = 20


@frozen(kw_only=True)
class Schedule:
    """A job put again and again: every ``every``, or daily at ``at`` in the first campus's zone.

    ``kind`` is one of the plugin's own job handlers.
    """

    name: str
    kind: str
    args: Mapping[str, Any] = field(factory=dict)
    every: timedelta | None = None
    at: time | None = None


@frozen(kw_only=True)
class LookUp:
    """Something that a flow's ``look_up`` node can ask: ``ask(caller, arguments)``.

    It answers with values for the flow's variables, or None when there is nothing to be found.
    """

    name: str
    ask: Callable[[Caller, Mapping[str, str]], Awaitable[Mapping[str, str] | None]]


@frozen(kw_only=True)
class SpokenText:
    """A fixed sentence that callers hear, in each language; the hospital may record its own.

    It is empty in a language that has no use for it.
    """

    name: str
    zh: str = ""
    en: str = ""


@frozen(kw_only=True)
class Act:
    """A deed that the plugin writes down in the audit log, ``sms.sent``, and what it is called.

    One without a dot, ``sms_template``, names the kind of thing to which something was done.
    """

    name: str
    title: str


@frozen(kw_only=True)
class Purpose:
    """What messages and calls to patients are for, ``reminder``, and what that is called."""

    name: str
    title: str


@frozen(kw_only=True)
class Report:
    """Figures for the statistics pages: a table with charts, and its export.

    ``run(visit, asked)`` gets a careline.web.Asked (days, and one of ``by``) and answers with a
    careline.web.ReportTable of what this visitor may see. ``by`` is what the rows can be by: its
    name and its title.
    """

    name: str
    title: str
    permission: str
    run: Callable[[Any, Any], Awaitable[Any]]
    by: tuple[tuple[str, str], ...] = ()
    order: int = 100


@frozen(kw_only=True)
class Command:
    """A sub-command of ``careline``, made with click; it runs without the server."""

    name: str
    command: click.Command


@frozen(kw_only=True)
class Setting:
    """What an administrator may change while careline runs; the default's type is its type."""

    name: str
    title: str
    default: str | int | float | bool
    permission: str = "admin"


@frozen(kw_only=True)
class TimelineEntry:
    """One line of a patient's history; ``at`` is UTC, ``link`` a page of the plugin or empty."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    link: str = ""


@frozen(kw_only=True)
class ExportPart:
    """All that a plugin keeps of one patient, as JSON-able rows under a name."""

    name: str
    rows: tuple[Mapping[str, Any], ...]


class Level(Enum):
    """Level of an alarm: 紧急, 重要, 一般, 提示; or none."""

    OK = "ok"
    NOTICE = "notice"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@frozen(kw_only=True)
class HealthCheck:
    """The state of one thing a plugin depends on, and what to do about it."""

    name: str
    title: str
    level: Level = Level.OK
    detail: str = ""
    remedy: str = ""


class Urgency(Enum):
    """How much a contact that the hospital begins may disturb; the governor of outreach weighs it.

    Urgent ones go at any hour, routine ones when the patient may be disturbed and has room left,
    greetings only where nothing else wants that room.
    """

    URGENT = "urgent"
    ROUTINE = "routine"
    GREETING = "greeting"


@frozen(kw_only=True)
class OutboundMessage:
    """A message to be sent over ``channel`` (``sms``, ``email`` ...).

    ``id`` is the asker's own and unique (``followup:<task>``): the same id twice is one message.
    ``to`` is E.164. ``text`` is said as it is; where ``template`` names one of the channel's, the
    text is made of it with ``values``, in ``language`` (empty: the house's). After ``not_after``
    it is of no use and not sent. ``purpose`` is for reports and for what patients may refuse.
    """

    id: str
    channel: str
    to: str
    text: str
    patient: int = 0
    campus: str = ""
    purpose: str = ""
    urgency: Urgency = Urgency.ROUTINE
    language: str = ""
    not_after: datetime | None = None
    template: str = ""
    values: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class InboundMessage:
    """What a patient answered to the message whose asker's id is ``about``.

    ``number`` is E.164, ``text`` as it came, ``patient`` 0 when not known, ``at`` aware UTC.
    """

    about: str
    channel: str
    number: str
    text: str
    patient: int = 0
    at: datetime


@frozen(kw_only=True)
class Delivery:
    """A gateway has taken a message; ``reference`` is the gateway's own id for it."""

    reference: str
