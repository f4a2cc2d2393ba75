"""What is wrong, as it follows from what was observed; pure, one function for each source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from attrs import frozen

from careline.alarms.model import Condition, as_text
from careline.hooks.hub import Gathered
from careline.hooks.values import Level
from careline.i18n import Text
from careline.plugins.model import PluginState, PluginStatus
from careline.telephony.ami.link import LinkState
from careline.telephony.switch import OLD_DIALPLAN, RENEW_DIALPLAN, Contact

GRACE_S = 10.0
"""A link that comes back within it (a reload, a restart of the core) is no alarm."""
SLOW_S, VERY_SLOW_S = 1.0, 5.0
BACKLOG = 1000
DISK_MAJOR, DISK_CRITICAL = 5_000_000_000, 1_000_000_000
WAIT_S = 15.0
MANY_PARKED = 20
BACKUP_OLD = timedelta(days=2)
ANSWERS = ("Reachable", "NonQualified", "Created")


def link(state: LinkState, for_s: float) -> Iterator[Condition]:
    """The link to Asterisk, in ``state`` for so many seconds."""
    if state is LinkState.REFUSED:
        yield Condition(
            name="link",
            level=Level.CRITICAL,
            title=Text("Asterisk refuses our secret"),
            remedy=Text("asterisk.ami_secret_file must hold the secret that manager.conf names"),
        )
    elif state is LinkState.BOOTING:
        yield Condition(
            name="link",
            level=Level.MAJOR,
            title=Text("Asterisk is starting again"),
            detail=Text("Calls are taken again in a moment."),
        )
    elif state is not LinkState.UP and for_s >= GRACE_S:
        yield Condition(
            name="link",
            level=Level.CRITICAL,
            title=Text("No link to Asterisk"),
            detail=Text("Callers reach the fallback queue at most."),
            remedy=Text("run: careline doctor"),
        )


def dialplan(can_ring: bool) -> Iterator[Condition]:
    """Whether Asterisk can ring somebody; with a dialplan of an earlier careline it cannot."""
    if not can_ring:
        yield Condition(
            name="dialplan",
            level=Level.MAJOR,
            title=OLD_DIALPLAN,
            detail=Text("Calls that come in are answered as before."),
            remedy=RENEW_DIALPLAN,
        )


def database(took_s: float | None, waiting: int, why: object = "") -> Iterator[Condition]:
    """The database: seconds of a small question (None: no answer), and what waits to be stored."""
    if took_s is None:
        yield Condition(
            name="away",
            level=Level.CRITICAL,
            title=Text("The database does not answer"),
            detail=as_text(why),
            remedy=Text("Calls go on and are stored when it is back. run: careline doctor"),
        )
    elif took_s >= SLOW_S:
        level = Level.MAJOR if took_s >= VERY_SLOW_S else Level.MINOR
        about: dict[str, object] = {"seconds": round(took_s, 1)}
        yield Condition(
            name="slow",
            level=level,
            title=Text("The database is slow"),
            detail=Text("A small question took {seconds} s.", about),
        )
    if waiting >= BACKLOG:
        yield Condition(
            name="backlog",
            level=Level.MAJOR,
            title=Text("Much waits to be stored"),
            detail=Text("{count} facts are in memory alone.", {"count": waiting}),
        )


def workspace(failure: str) -> Iterator[Condition]:
    """The port for browsers; ``failure`` says why it cannot be had, empty when it can."""
    if failure:
        yield Condition(
            name="workspace",
            level=Level.MAJOR,
            title=Text("The workspace cannot be opened; calls are answered as before"),
            detail=Text("{failure}", {"failure": failure}),
            remedy=Text("end the program that uses the port, or set another one in [web]"),
        )


def disk(free: int) -> Iterator[Condition]:
    """Room for the database, recordings and logs, in bytes."""
    if free >= DISK_MAJOR:
        return
    yield Condition(
        name="disk",
        level=Level.CRITICAL if free < DISK_CRITICAL else Level.MAJOR,
        title=Text("The disk is nearly full"),
        detail=Text("{free} GB free", {"free": round(free / 1e9, 1)}),
        remedy=Text("make room on this disk"),
    )


def trunks(titles: Mapping[str, str], contacts: Iterable[Contact]) -> Iterator[Condition]:
    """Lines to the outside that do not answer; ``titles`` of those in use by id."""
    well = {one.aor for one in contacts if one.status in ANSWERS}
    for trunk, title in titles.items():
        if trunk not in well:
            yield Condition(
                name=trunk,
                level=Level.MAJOR,
                title=Text("Trunk {trunk} does not answer", {"trunk": title or trunk}),
                remedy=Text("Ask the provider, and check its address: careline trunk list"),
            )


@frozen
class QueueNow:
    """A queue as the floor sees it: callers waiting since when, and who could help."""

    title: str
    since: datetime | None
    signed_in: int
    ready: int
    busy: int
    target_s: int


def floor(queues: Mapping[str, QueueNow], now: datetime) -> Iterator[Condition]:
    """Queues in which callers wait and nobody takes them."""
    for name, queue in queues.items():
        waited = (now - queue.since).total_seconds() if queue.since else 0.0
        if waited < WAIT_S or queue.ready:
            continue
        about: dict[str, object] = {"queue": queue.title or name}
        if not queue.signed_in:
            title = Text("Callers wait in {queue}, and nobody is signed in", about)
            yield Condition(name=name, level=Level.CRITICAL, title=title, remedy=_HELP)
        elif not queue.busy:
            title = Text("Callers wait in {queue}, and nobody is ready", about)
            yield Condition(name=name, level=Level.MAJOR, title=title, remedy=_HELP)
        elif waited >= max(60, 3 * queue.target_s):
            title = Text("Callers wait long in {queue}: all are busy", about)
            yield Condition(name=name, level=Level.MINOR, title=title, remedy=_HELP)


_HELP = Text("See the board: who could help?")


def jobs(parked: int) -> Iterator[Condition]:
    """Jobs that nobody tries any more."""
    if parked:
        yield Condition(
            name="parked",
            level=Level.MAJOR if parked >= MANY_PARKED else Level.MINOR,
            title=Text("Jobs were set aside after repeated failures"),
            detail=Text("{count} wait for a decision", {"count": parked}),
            remedy=Text("Retry or drop them; see: careline job list"),
        )


def plugins(statuses: Iterable[PluginStatus]) -> Iterator[Condition]:
    """Plugins that failed, and hooks that a breaker has switched off."""
    for one in statuses:
        about: dict[str, object] = {"plugin": Text(one.title)}
        if one.enabled and one.state in (PluginState.FAILED, PluginState.MISSING):
            yield Condition(
                name=one.name,
                level=Level.MAJOR,
                title=Text("Plugin {plugin} has failed", about),
                detail=as_text(one.error),
                remedy=Text("see: careline plugin list"),
            )
        for hook in one.hooks_off if one.enabled else ():
            yield Condition(
                name=f"{one.name}.{hook}",
                level=Level.MINOR,
                title=Text("Plugin {plugin} is left out where it failed again and again", about),
                detail=Text(
                    "{hook} is switched off and tried again from time to time", {"hook": hook}
                ),
                remedy=Text("see: careline plugin list"),
            )


def health(told: Gathered) -> Iterator[Condition]:
    """What plugins say of the things they depend on, and who says nothing."""
    for plugin, checks in told.answers.items():
        for check in checks:
            yield Condition(
                name=f"{plugin}.{check.name}"[:160],
                level=check.level,
                title=Text(check.title),
                detail=Text(check.detail),
                remedy=Text(check.remedy),
            )
    for plugin, why in told.missing.items():
        yield Condition(
            name=plugin,
            level=Level.MINOR,
            title=Text("Plugin {plugin} does not say how it is", {"plugin": plugin}),
            detail=Text("{all}", {"all": why}),
        )


def backup(newest: datetime | None, now: datetime) -> Iterator[Condition]:
    """The newest backup in the home, None when there was never one there."""
    if newest is not None and now - newest > BACKUP_OLD:
        yield Condition(
            name="backup",
            level=Level.MINOR,
            title=Text("The last backup is old"),
            detail=Text("{days} days", {"days": (now - newest).days}),
            remedy=Text("run: careline backup"),
        )
    elif newest is None:
        yield Condition(
            name="backup",
            level=Level.NOTICE,
            title=Text("There is no backup yet"),
            remedy=Text("run: careline backup"),
        )
