"""One running Asterisk: start script, command line, is it up, stop."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

from attrs import frozen

from careline.asterisk.config import Changes, render, write
from careline.asterisk.layout import Folders, Tree, make_folders
from careline.asterisk.model import AsteriskFiles
from careline.errors import Refused, Unavailable

#: What Asterisk's command line says when a reload failed; it has no exit code for that.
_FAILURES = ("No such command", "No such module", "Failed to", "Unable to")


@frozen
class Instance:
    """One Asterisk: the program of ``tree`` with the configuration and data in ``folders``.

    All methods block, for a bounded time: in the core they belong in a thread.
    """

    tree: Tree
    folders: Folders

    def prepare(self, files: AsteriskFiles, prompts: Path | None = None) -> Changes:
        """Make folders, configuration and run.sh; says what a running Asterisk must reload."""
        make_folders(self.folders, self.tree, prompts)
        changes = write(self.folders.etc, render(files, self.tree, self.folders))
        script = self.folders.script
        write(script.parent, {script.name: self._script()})
        script.chmod(0o700)
        return changes

    def _script(self) -> str:
        """A shell script that starts the tree's Asterisk with the tree's libraries alone.

        Without --argv0 ``core restart`` would run the bare binary, which finds no libraries;
        without --inhibit-cache a missing library would be taken from the host.
        """
        binary = shlex.quote(str(self.tree.binary))
        if self.tree.loader is not None:
            lib = shlex.quote(str(self.tree.loader.parent))
            me = shlex.quote(str(self.folders.script))
            loader = shlex.quote(str(self.tree.loader))
            binary = f"{loader} --inhibit-cache --library-path {lib} --argv0 {me} {binary}"
        conf = shlex.quote(str(self.folders.configuration))
        limit = 'ulimit -n "$(ulimit -H -n)" 2>/dev/null || true'
        return (
            f'#!/bin/sh\n# Written by careline.\numask 077\n{limit}\nexec {binary} -C {conf} "$@"\n'
        )

    @property
    def command(self) -> tuple[str, ...]:
        """The command line that runs Asterisk in the foreground, for the supervisor."""
        return (str(self.folders.script), "-f", "-g")

    def pid(self) -> int | None:
        """Process id of the running Asterisk of this instance, else None.

        The pid file alone is not believed: after a crash it may name somebody else's process.
        """
        try:
            pid = int(self.folders.pid_file.read_text().strip())
            line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.folders.configuration) in line else None

    def is_running(self) -> bool:
        """True when the process lives and its control socket takes connections."""
        if self.pid() is None:
            return False
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(2)
            try:
                control.connect(str(self.folders.socket))
            except OSError:
                return False
        return True

    def rx(self, command: str, timeout: float = 10.0) -> str:
        """Run a command of Asterisk's own command line and return what it prints.

        Raises Unavailable("asterisk.away") when it does not run or does not answer in time.
        """
        try:
            done = subprocess.run(  # noqa: S603 - our own script, no shell
                [str(self.folders.script), "-rx", command],
                capture_output=True,
                timeout=timeout,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _away(self.folders) from error
        if done.returncode:
            raise _away(self.folders)
        return done.stdout.decode(errors="replace")

    def reload(self, changes: Changes) -> None:
        """Let the running Asterisk take up ``changes``; calls that are up go on.

        Raises Refused("asterisk.reload") with what Asterisk answered. What needs a restart
        (``changes.restart``) waits for the next start.
        """
        for command in changes.reloads:
            answer = self.rx(command)
            if any(word in answer for word in _FAILURES):
                raise Refused(
                    "asterisk.reload",
                    "Asterisk refused `{command}`: {answer}",
                    command=command,
                    answer=answer.strip(),
                )

    def wait_booted(self, timeout: float = 30.0) -> None:
        """Return when Asterisk has fully booted. Raises Unavailable("asterisk.away").

        While it begins, its control socket may take a connection and drop it again.
        """
        end = time.monotonic() + timeout
        while True:
            try:
                if self.is_running():
                    self.rx("core waitfullybooted", max(end - time.monotonic(), 1.0))
                    return
            except Unavailable:
                if time.monotonic() > end:
                    raise
            if time.monotonic() > end:
                raise _away(self.folders)
            time.sleep(0.05)

    def stop(self, timeout: float = 15.0) -> None:
        """End the running Asterisk: asked until it hears, then by force after ``timeout`` seconds.

        While it boots it loses a SIGTERM and knows no `core stop now`, so once is not enough.
        """
        end = time.monotonic() + timeout
        while (pid := self.pid()) is not None:
            _signal(pid, signal.SIGTERM if time.monotonic() < end else signal.SIGKILL)
            self._gone(0.5)

    def _gone(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while self.pid() is not None and time.monotonic() < end:
            time.sleep(0.02)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _away(folders: Folders) -> Unavailable:
    return Unavailable(
        "asterisk.away",
        "Asterisk in {root} does not answer; see {log}",
        root=str(folders.root),
        log=str(folders.log / "messages.log"),
    )
