"""A supervisor for the tests: its children come as JSON, as in ``parent.py FILE``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from twisted.internet import reactor as real  # noqa: TID251 - a program of its own

from careline.clock import Clock
from careline.errors import CarelineError
from careline.supervisor import ChildSpec, Listening, check_ports, supervise


def spec(table) -> ChildSpec:
    table = dict(table, command=tuple(table["command"]), log=Path(table["log"]))
    if "pid_file" in table:
        table["pid_file"] = Path(table["pid_file"])
    if "running_file" in table:
        file = Path(table.pop("running_file"))
        table["running"] = lambda: running(file)
    if "port" in table:
        listening = Listening("127.0.0.1", table.pop("port"), "asterisk.sip_port")
        table["check"] = lambda: check_ports([listening])
    return ChildSpec(**table)


def running(file: Path) -> int | None:
    try:
        pid = int(file.read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else pid


def main() -> int:
    real.seconds = time.monotonic
    children = [spec(table) for table in json.loads(Path(sys.argv[1]).read_text())]
    try:
        return supervise(real, Clock(real), children)
    except CarelineError as error:
        print("error:", error, flush=True)
        return 2


sys.exit(main())
