"""``careline recording``: recordings on the command line; none of it needs the running core."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from attrs import evolve
from twisted.internet.threads import deferToThreadPool

from careline.audit.model import Entry as AuditLine
from careline.audit.store import add_entry
from careline.clock import Clock
from careline.errors import NotFound, Refused
from careline.hooks import Command
from careline.i18n import Text, error_text
from careline.plugins import Core
from careline.storage import Tx
from careline_recording import book, store
from careline_recording.book import Total
from careline_recording.checking import check_all, rotate
from careline_recording.formats import head
from careline_recording.model import Criteria, Recording
from careline_recording.pages.ears import said
from careline_recording.search import search
from careline_recording.vault import Vault

DAMAGED = 2

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def commands(core: Core, vault: Vault, purge: Callable[[Core], Any]) -> list[Command]:
    """The command group; ``purge(core)`` erases what is due, as a coroutine."""
    group = click.Group("recording", help="Recorded talks.")
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
    @click.command("list", help="Recordings, the newest first.")
    @click.option("--call", default="", help="Of this call only.")
    @click.option("--agent", default="", help="Of this agent only.")
    @click.option("--days", default=7, show_default=True, help="Begun in the last days.")
    @click.option("--page", default=1, show_default=True, help="Fifty stand on each.")
    @json_option
    def command(call: str, agent: str, days: int, page: int, as_json: bool) -> None:
        since = None if call else core.clock.now() - timedelta(days=days)
        criteria = Criteria(call=call, agent=agent, since=since, erased=True)
        found = core.db.run_sync(search, criteria, page)
        rows = [_plain(one.recording) for one in found.lines]
        if as_json:
            _print_json(rows)
        for row in () if as_json else rows:
            state = "erased" if row["erased"] else "held" if row["held"] else row["klass"]
            click.echo(
                f"{row['id']}  {row['started']}  {row['seconds']:>7.1f} s  {row['agent']:<8}  "
                f"{row['queue']:<12}  {state:<9}  {row['call']}"
            )

    return command


def _export(core: Core, vault: Vault) -> click.Command:
    @click.command("export", help="Write a recording as a WAV or Opus file that anybody can play.")
    @click.argument("id")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--reason", required=True, help="Why; it is kept in the audit log.")
    def command(id: str, file: Path, reason: str) -> None:
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
        click.echo(f"{file}  {recording.seconds:.1f} s  sha256 {recording.sha256}")

    return command


def _verify(core: Core, vault: Vault) -> click.Command:
    @click.command("verify", help="Read all recordings: whether each is what was recorded.")
    @click.argument("id", default="")
    @json_option
    def command(id: str, as_json: bool) -> None:
        lang = core.settings.language
        many, faults = 0, []
        for one in check_all(core.db, vault, id):
            many += 1
            if one.fault is not None:
                fault = error_text(one.fault, lang)
                faults.append({"id": one.recording.id, "fault": fault})
                if not as_json:
                    click.echo(f"✗ {one.recording.id}  {fault}")
        if as_json:
            _print_json({"read": many, "faults": faults})
        else:
            about: dict[str, object] = {"count": many, "faults": len(faults)}
            click.echo(Text("{count} read, {faults} damaged", about).to(lang))
        click.get_current_context().exit(DAMAGED if faults else 0)

    return command


def _rotate(core: Core, vault: Vault) -> click.Command:
    @click.command("rotate-keys", help="Put all recordings under a new master key.")
    def command() -> None:
        many = rotate(core.db, vault)
        text = Text(
            "{count} recordings are under a new key; the old one is forgotten tonight",
            {"count": many},
        )
        click.echo(text.to(core.settings.language))

    return command


def _purge(core: Core, purge: Callable[[Core], Any]) -> click.Command:
    @click.command("purge", help="Erase what is due now instead of tonight.")
    def command() -> None:
        site = click.get_current_context().obj  # careline_cli's Site

        async def work(reactor: Any) -> Any:
            def in_thread(call: Any, *args: Any) -> Any:
                return deferToThreadPool(reactor, reactor.getThreadPool(), call, *args)

            return await purge(evolve(core, clock=Clock(reactor), in_thread=in_thread))

        done = site.on_reactor(work)
        about: dict[str, object] = {"count": done.recordings, "orphans": done.orphans}
        text = Text("{count} recordings erased, and {orphans} files of none", about)
        click.echo(text.to(core.settings.language))

    return command


def _book(core: Core) -> click.Command:
    @click.command("book", help="What became of every second that agents talked.")
    @click.option("--days", default=1, show_default=True, help="Of the last days.")
    @json_option
    def command(days: int, as_json: bool) -> None:
        now = core.clock.now()
        since = now - timedelta(days=days)

        def read(tx: Tx) -> tuple[list[Total], list[book.Entry]]:
            return book.totals(tx, since, now), book.alarmed(tx, since)

        totals, alarmed = core.db.run_sync(read)
        lang = core.settings.language
        if as_json:
            _print_json(
                {
                    "totals": [{**_row(one), "account": one.account.value} for one in totals],
                    "alarmed": [
                        {"call": one.call, "agent": one.agent, "at": one.at.isoformat()}
                        for one in alarmed
                    ],
                }
            )
            return
        for total in totals:
            why = Text(total.why).to(lang) if total.why else ""
            talk = total.talk_ms / 1000
            click.echo(f"{total.account.value:<9}  {total.talks:>7}  {talk:>10.1f} s  {why}")
        for one in alarmed:
            why = Text(one.why).to(lang)
            click.echo(f"✗ {_iso(one.at)}  {one.agent}  {one.call}  {why}")

    return command


def _exported(recording: Recording, why: str, now: datetime) -> AuditLine:
    """The line of the audit log: written before the first byte is."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "?"
    return AuditLine(
        at=now,
        act="recording.download",
        actor=f"cli:{user}",
        kind="recording",
        whose=recording.id,
        what=f"{recording.call} {recording.agent}",
        why=why,
    )


def _row(total: Total) -> dict[str, Any]:
    names = ("why", "talks", "talk_ms", "recorded_ms")
    return {name: getattr(total, name) for name in names}


def _plain(one: Recording) -> dict[str, Any]:
    return {
        "id": one.id,
        "call": one.call,
        "agent": one.agent,
        "campus": one.campus,
        "queue": one.queue,
        "started": _iso(one.started),
        "seconds": one.seconds,
        "format": one.format.value,
        "sha256": one.sha256,
        "klass": one.klass,
        "until": _iso(one.until),
        "held": one.held,
        "erased": _iso(one.erased) if one.erased else None,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
