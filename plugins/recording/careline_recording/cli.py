"""``careline recording``: recordings on the command line; none of it needs the running core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from attrs import asdict, evolve
from twisted.internet.threads import deferToThreadPool

from careline.audit.model import Entry as AuditLine
from careline.audit.store import add_entry
from careline.clock import Clock
from careline.errors import NotFound, Refused
from careline.hooks import Command
from careline.i18n import Text, error_text
from careline.plugins import Core
from careline.storage import Tx
from careline.terminal import (
    Group,
    _,
    command,
    json_option,
    language,
    listing,
    option,
    print_json,
    say,
    who,
)
from careline_recording import book, store
from careline_recording.book import Account, Total
from careline_recording.checking import check_all, rotate
from careline_recording.formats import head
from careline_recording.model import Criteria, Recording
from careline_recording.pages.ears import said
from careline_recording.search import search
from careline_recording.vault import Vault

DAMAGED = 2
COLUMNS: Mapping[str, str] = {
    "id": _("id"),
    "started": _("started"),
    "seconds": _("seconds"),
    "agent": _("agent"),
    "queue": _("queue"),
    "state": _("state"),
    "call": _("call"),
}
TOTALS: Mapping[str, str] = {
    "account": _("talks that"),
    "talks": _("how many"),
    "seconds": _("seconds"),
    "why": _("reason"),
}
LOST: Mapping[str, str] = {
    "at": _("when"),
    "agent": _("agent"),
    "call": _("call"),
    "why": _("what is wrong"),
}
ACCOUNTS: Mapping[Account, Text] = {
    Account.RECORDED: Text("were recorded"),
    Account.EXCUSED: Text("need not be recorded"),
    Account.ALARMED: Text("are missing or incomplete"),
}
CLASSES: Mapping[str, Text] = {
    "normal": Text("usual recordings"),
    "complaint": Text("complaints"),
}
ERASED, HELD = Text("erased"), Text("kept until released")


def commands(core: Core, vault: Vault, purge: Callable[[Core], Any]) -> list[Command]:
    """The command group; ``purge(core)`` erases what is due, as a coroutine."""
    group = Group("recording", help=_("Recorded talks: list, export, verify, erase."))
    for one in (
        _list(core),
        _export(core, vault),
        _verify(core, vault),
        _rotate(core, vault),
        _purge(core, purge),
        _book(core),
    ):
        group.add_command(one)
    return [Command(name="recording", command=group)]


def _list(core: Core) -> click.Command:
    @command("list", _("Recordings, the newest first."))
    @option("--call", default="", help=_("Of this call only."))
    @option("--agent", default="", help=_("Of this agent only."))
    @option("--days", default=7, show_default=True, help=_("Begun in the last days."))
    @option("--page", default=1, show_default=True, help=_("Fifty stand on each."))
    @json_option
    def listed(call: str, agent: str, days: int, page: int, as_json: bool) -> None:
        since = None if call else core.clock.now() - timedelta(days=days)
        criteria = Criteria(call=call, agent=agent, since=since, erased=True)
        found = core.db.run_sync(search, criteria, page)
        rows = [_plain(one.recording) for one in found.lines]
        if not as_json:
            rows = [
                row | {"state": _state(row), "seconds": f"{row['seconds']:.1f}"} for row in rows
            ]
        listing(rows, COLUMNS, as_json=as_json, none=_("there are none"))

    return listed


def _state(row: Mapping[str, Any]) -> object:
    """What is going to become of a recording, or has."""
    if row["erased"]:
        return ERASED
    return HELD if row["held"] else CLASSES.get(row["klass"], row["klass"])


def _export(core: Core, vault: Vault) -> click.Command:
    @command("export", _("Write a recording as a WAV or Opus file that anybody can play."))
    @click.argument("id")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    @option("--reason", required=True, help=_("Why; it is kept in the audit log."))
    def export(id: str, file: Path, reason: str) -> None:
        why = said(reason)
        found = core.db.run_sync(store.sealed_of, id)
        if found is None:
            raise NotFound("recording.unknown", "there is no such recording")
        recording, sealed = found
        if recording.erased:
            raise Refused("recording.erased", "this recording is erased")
        sealer = vault.sealer(recording, sealed)
        with file.open("xb") as out:
            file.chmod(0o600)
            core.db.run_sync(add_entry, _exported(recording, why, core.clock.now()))
            out.write(head(recording))
            for number in range(sealer.pieces):
                out.write(vault.piece(sealer, sealed.name, number))
        say(
            _("{file}: {seconds} s, sha256 {sha256}"),
            file=file,
            seconds=f"{recording.seconds:.1f}",
            sha256=recording.sha256,
        )

    return export


def _verify(core: Core, vault: Vault) -> click.Command:
    @command("verify", _("Read all recordings: whether each is what was recorded."))
    @click.argument("id", default="")
    @json_option
    def verify(id: str, as_json: bool) -> None:
        many, faults = 0, []
        for one in check_all(core.db, vault, id):
            many += 1
            if one.fault is not None:
                fault = error_text(one.fault, language())
                faults.append({"id": one.recording.id, "fault": fault})
                if not as_json:
                    click.echo(f"✗ {one.recording.id}  {fault}")
        if as_json:
            print_json({"read": many, "faults": faults})
        else:
            say(_("{count} read, {faults} damaged"), count=many, faults=len(faults))
        click.get_current_context().exit(DAMAGED if faults else 0)

    return verify


def _rotate(core: Core, vault: Vault) -> click.Command:
    @command("rotate-keys", _("Put all recordings under a new master key."))
    def rotate_keys() -> None:
        text = _("{count} recordings are under a new key; the old one is forgotten tonight")
        say(text, count=rotate(core.db, vault))

    return rotate_keys


def _purge(core: Core, purge: Callable[[Core], Any]) -> click.Command:
    @command("purge", _("Erase what is due now instead of tonight."))
    def erase() -> None:
        site = click.get_current_context().obj  # careline_cli's Site

        async def work(reactor: Any) -> Any:
            def in_thread(call: Any, *args: Any) -> Any:
                return deferToThreadPool(reactor, reactor.getThreadPool(), call, *args)

            return await purge(evolve(core, clock=Clock(reactor), in_thread=in_thread))

        done = site.on_reactor(work)
        text = _("{count} recordings erased, and {orphans} files of none")
        say(text, count=done.recordings, orphans=done.orphans)

    return erase


def _book(core: Core) -> click.Command:
    @command("book", _("What became of every second that agents talked."))
    @option("--days", default=1, show_default=True, help=_("Of the last days."))
    @json_option
    def account(days: int, as_json: bool) -> None:
        now = core.clock.now()
        since = now - timedelta(days=days)

        def read(tx: Tx) -> tuple[list[Total], list[book.Entry]]:
            return book.totals(tx, since, now), book.alarmed(tx, since)

        totals, lost = core.db.run_sync(read)
        if as_json:
            found = [{"call": one.call, "agent": one.agent, "at": one.at} for one in lost]
            print_json({"totals": [asdict(one) for one in totals], "alarmed": found})
            return
        rows = [_shown(one) for one in totals]
        listing(rows, TOTALS, as_json=False, none=_("there were no talks"))
        if lost:
            click.echo()
            missing = [asdict(one) | {"why": Text(one.why)} for one in lost]
            listing(missing, LOST, as_json=False)

    return account


def _shown(one: Total) -> dict[str, Any]:
    """A sum as people read it."""
    return {
        "account": ACCOUNTS[one.account],
        "talks": one.talks,
        "seconds": f"{one.talk_ms / 1000:.1f}",
        "why": Text(one.why) if one.why else "",
    }


def _exported(recording: Recording, why: str, now: datetime) -> AuditLine:
    """The line of the audit log: written before the first byte is."""
    return AuditLine(
        at=now,
        act="recording.download",
        actor=who(),
        kind="recording",
        whose=recording.id,
        what=f"{recording.call} {recording.agent}",
        why=why,
    )


def _plain(one: Recording) -> dict[str, Any]:
    return {
        "id": one.id,
        "call": one.call,
        "agent": one.agent,
        "campus": one.campus,
        "queue": one.queue,
        "started": one.started,
        "seconds": one.seconds,
        "format": one.format.value,
        "sha256": one.sha256,
        "klass": one.klass,
        "until": one.until,
        "held": one.held,
        "erased": one.erased,
    }
