"""The machine: Python, home, secrets, disk, programs, ports, time."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import careline
from careline.asterisk.install import TOOLS, find_tool
from careline.campuses.store import list_campuses
from careline.config import Home
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.setup.doctor.model import Finding, Patient
from careline.setup.prepare import instance_of, tools_folder
from careline.supervisor import Listening, check_ports

OLDEST_PYTHON = (3, 11)
#: Free bytes below which calls, recordings and the database are in danger.
LEAST_DISK = 500_000_000


def python() -> Finding:
    """New enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    right = sys.version_info >= OLDEST_PYTHON
    return Finding(Text("Python"), right, version, Text("install Python 3.11 or newer"))


def home(where: Home) -> Finding:
    """There, and ours to write."""
    name = Text("home")
    if not where.root.is_dir():
        return Finding(name, False, str(where.root), Text("run: careline init"))
    right = os.access(where.root, os.W_OK | os.X_OK)
    return Finding(name, right, str(where.root), Text("let this user write there"))


def secrets(where: Home) -> Finding:
    """Readable by their owner only."""
    files = [where.secrets, *sorted(where.secrets.glob("*"))] if where.secrets.is_dir() else []
    wide = [str(path) for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    found = Text("readable by others: {files}", {"files": wide}) if wide else Text("private")
    cure = Text("run: chmod -R go= {folder}", {"folder": str(where.secrets)})
    return Finding(Text("secrets"), not wide, found, cure)


def disk(where: Home) -> Finding:
    """Room for the database, recordings and logs."""
    free = shutil.disk_usage(where.root).free
    found = Text("{free:.1f} GB free", {"free": free / 1e9})
    return Finding(Text("disk"), free > LEAST_DISK, found, Text("make room on this disk"))


def tools(patient: Patient) -> Finding:
    """The programs that make prompts."""
    found: list[str] = []
    missing: list[str] = []
    for tool in TOOLS:
        try:
            found.append(str(find_tool(tool, tools_folder(patient.settings))))
        except NotFound:
            missing.append(tool)
    cure = Text("missing: {tools}. Run: careline init", {"tools": missing})
    return Finding(Text("speech"), not missing, found or "-", cure)


def ports(patient: Patient) -> Finding:
    """Free, or taken by ourselves."""
    name, settings = Text("ports"), patient.settings
    own, core, web = settings.asterisk, settings.core, settings.web
    listening = (
        []
        if patient.runs
        else [
            Listening(core.agi_bind, core.agi_port, "core.agi_port"),
            Listening(web.bind, web.port, "web.port"),
        ]
    )
    if own.embedded and not _asterisk_runs(patient):
        listening += [
            Listening(own.bind, own.sip_port, "asterisk.sip_port", udp=True),
            Listening("127.0.0.1", own.ami_port, "asterisk.ami_port"),
            Listening("127.0.0.1", own.http_port, "asterisk.http_port"),
        ]
    shown = Text(
        "SIP {sip}, AMI {ami}, HTTP {http}, AGI {agi}, workspace {web}",
        {
            "sip": own.sip_port,
            "ami": own.ami_port,
            "http": own.http_port,
            "agi": core.agi_port,
            "web": web.port,
        },
    )
    try:
        check_ports(listening)
    except CarelineError as error:
        return Finding(name, False, error, Text("choose other ports in careline.toml"))
    return Finding(name, True, shown)


def _asterisk_runs(patient: Patient) -> bool:
    try:
        return instance_of(patient.settings).is_running()
    except NotFound:
        return False


def clock(patient: Patient) -> Iterator[Finding]:
    """The date is possible, and every campus' time zone is known here."""
    now = datetime.now(UTC)
    installed = Path(careline.__file__).stat().st_mtime
    right = now.timestamp() > installed - 86400
    cure = Text("set the clock of this machine (NTP)")
    yield Finding(Text("clock"), right, f"{now.astimezone():%Y-%m-%d %H:%M:%S %z}", cure)
    for campus in patient.db.run_sync(list_campuses):
        name = Text("time zone of {campus}", {"campus": campus.id})
        try:
            found = f"{campus.timezone}, {now.astimezone(ZoneInfo(campus.timezone)):%H:%M}"
        except (ZoneInfoNotFoundError, ValueError):
            cure = Text("install the package tzdata")
            yield Finding(name, False, campus.timezone, cure)
        else:
            yield Finding(name, True, found)
