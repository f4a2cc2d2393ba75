"""An apt of our own: the machine's transport and mirror, but private state, so no root is needed.

apt itself checks the chain of signatures and hashes; nothing here can switch that off.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from attrs import frozen

from careline.asterisk.closure import Index, Package, parse
from careline.errors import CarelineError, Invalid, NotFound, Unavailable
from careline.i18n import Text

DEBIAN_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
UBUNTU_KEYS = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")

#: How this machine reaches its mirror (proxies, certificates, dates of a snapshot): taken over.
_TRANSPORT = re.compile(
    r"Acquire::(?:https?|Check-Valid-Until|Check-Date|Max-ValidTime|Retries|ForceIPv[46])\b"
)
_INDEX = re.compile(r"^'(?P<mirror>.+?)/dists/(?P<suite>[^/']+)/InRelease'", re.MULTILINE)
#: Words in apt's complaint -> code and what to do, the first that fits.
_MEANINGS: tuple[tuple[tuple[str, ...], str, Text], ...] = (
    (
        ("No space left", "not enough free space", "Disk quota exceeded"),
        "debian.disk_full",
        Text("The disk is full: make room and start again"),
    ),
    (
        ("NO_PUBKEY", "is not signed", "BADSIG", "EXPKEYSIG", "REVKEYSIG", "KEYEXPIRED"),
        "debian.signature",
        Text(
            "The signature of {name} at {mirror} is wrong or unknown, so nothing was taken from "
            "it. Update the package debian-archive-keyring or use another mirror: {reason}"
        ),
    ),
    (
        ("Hash Sum mismatch", "unexpected size", "Mirror sync"),
        "debian.changed",
        Text("{mirror} is being updated; try again: {reason}"),
    ),
    (
        ("does not have a Release file", "404", "403"),
        "debian.suite",
        Text(
            "{mirror} has not got what careline needs of {name}; "
            "name another mirror with --mirror: {reason}"
        ),
    ),
)


@frozen
class Step:
    """How far a set-up is: what is being done, and how much of it (``unit``: bytes, packages)."""

    what: Text
    done: int = 0
    total: int = 0
    unit: str = ""

    @property
    def told(self) -> Text:
        """A line for whoever waits."""
        if not self.total:
            return Text("  {what} ...", {"what": self.what})
        part: dict[str, object] = {"what": self.what, "done": self.done, "total": self.total}
        if self.unit == "bytes":
            part |= {"done": self.done / 1e6, "total": self.total / 1e6}
            return Text("  {what}: {done:.1f} of {total:.1f} MB", part)
        return Text("  {what}: {done} of {total} packages", part)


Progress = Callable[[Step], None]


@frozen
class Suite:
    """Where packages come from: a mirror's address, a suite (``sid``), the keys that sign it."""

    mirror: str
    name: str
    keys: Path


def own_suite(env: dict[str, str] | None = None) -> Suite:
    """The suite this machine itself was installed from, at the mirror its own apt uses.

    Raises NotFound("debian.mirror") when no source of its own distribution is configured.
    """
    release = _os_release()
    keys = UBUNTU_KEYS if release.get("ID") == "ubuntu" else DEBIAN_KEYS
    names = (release.get("VERSION_CODENAME", ""), "stable", "testing", "sid", "unstable")
    found = _INDEX.findall(_run(["apt-get", "--print-uris", "update"], env or dict(os.environ)))
    for name in names:
        for mirror, suite in found:
            if suite == name and mirror.startswith(("http", "file:", "mirror")):
                return Suite(mirror, suite, keys)
    raise NotFound(
        "debian.mirror",
        "The package sources of this machine name no mirror of Debian: name one with --mirror",
    )


def _os_release() -> dict[str, str]:
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}


def sid(mirror: str = "", keys: Path = DEBIAN_KEYS) -> Suite:
    """Debian's unstable suite, the only one that has Asterisk, at ``mirror`` or the machine's own.

    Raises Invalid("debian.foreign") on a machine that is not Debian and names no mirror of it.
    """
    if mirror:
        return Suite(mirror.rstrip("/"), "sid", keys)
    own = own_suite()
    if own.keys != DEBIAN_KEYS:
        raise Invalid(
            "debian.foreign",
            "This machine is not Debian: name a Debian mirror with --mirror, "
            "or install the package asterisk and use it with `careline asterisk config`",
        )
    return Suite(own.mirror, "sid", keys)


class Apt:
    """apt-get and apt-cache on one suite, with all their state below ``work``."""

    def __init__(self, work: Path, suite: Suite) -> None:
        self.work = work
        self.suite = suite
        self.debs = work / "debs"
        self._env = {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}

    def prepare(self) -> None:
        """Write the private configuration. Raises NotFound("debian.keys", "debian.tools")."""
        for program in ("apt-get", "apt-cache", "dpkg-deb"):
            if shutil.which(program) is None:
                raise NotFound(
                    "debian.tools",
                    "{program} is missing: unpacking packages needs a Debian or Ubuntu machine",
                    program=program,
                )
        for part in ("state/lists/partial", "cache/archives/partial", "etc", "parts", "debs"):
            (self.work / part).mkdir(parents=True, exist_ok=True)
        keys = self.suite.keys if self.suite.keys.exists() else self._fetch_keys()
        (self.work / "status").touch()
        (self.work / "etc/one.sources").write_text(
            f"Types: deb\nURIs: {self.suite.mirror}\nSuites: {self.suite.name}\n"
            f"Components: main\nSigned-By: {keys}\n"
        )
        (self.work / "apt.conf").write_text(self._configuration())

    def _configuration(self) -> str:
        dump = _run(["apt-config", "dump"], dict(os.environ)).splitlines()
        arch = _run(["dpkg", "--print-architecture"], self._env).strip()
        work = self.work
        return "\n".join(
            [
                *(line for line in dump if _TRANSPORT.match(line)),
                f'Dir::State "{work}/state"; Dir::State::status "{work}/status";',
                f'Dir::Cache "{work}/cache"; Dir::Log "{work}";',
                'Dir::Etc::sourcelist "/dev/null"; Dir::Etc::main "/dev/null";',
                f'Dir::Etc::sourceparts "{work}/etc"; Dir::Etc::parts "{work}/parts";',
                f'Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "{work}/parts";',
                f'APT::Architecture "{arch}"; APT::Architectures {{ "{arch}"; }};',
                'Acquire::Languages "none"; APT::Sandbox::User ""; APT::Update::Error-Mode "any";',
                'Acquire::AllowInsecureRepositories "false";',
                'APT::Get::AllowUnauthenticated "false";',
                "",
            ]
        )

    def _fetch_keys(self) -> Path:
        """Debian's keys from the package that this machine's own apt trusts (Ubuntu has it)."""
        package = "debian-archive-keyring"
        where = self.work / "keys"
        where.mkdir(exist_ok=True)
        try:
            _run(["apt-get", "-qq", "download", package], dict(os.environ), where)
            for deb in where.glob("*.deb"):
                _run(["dpkg-deb", "-x", str(deb), str(where)], self._env)
        except CarelineError as error:
            raise NotFound(
                "debian.keys",
                "Debian's keys are missing: install the package {package} (`apt-get update` first)",
                package=package,
            ) from error
        return where / DEBIAN_KEYS.relative_to("/")

    def update(self) -> None:
        """Fetch the package index and check its signature."""
        _run(["apt-get", "-qq", "update"], self._env, suite=self.suite)

    def index(self) -> Index:
        """All packages that the suite has."""
        return parse(_run(["apt-cache", "dumpavail"], self._env))

    def download(self, packages: Sequence[Package], progress: Progress) -> list[Path]:
        """Fetch the packages into ``debs``; those that are there and whole are kept."""
        names = [f"{package.name}={package.version}" for package in packages]
        total = sum(package.download for package in packages)
        step = Text("Downloading packages")

        def tell() -> None:
            here = sum(path.stat().st_size for path in self.debs.iterdir())
            progress(Step(step, min(here, total), total, "bytes"))

        self._forget_others(packages)
        _run(["apt-get", "-qq", "download", *names], self._env, self.debs, self.suite, tell)
        tell()
        return sorted(self.debs.glob("*.deb"))

    def _forget_others(self, packages: Iterable[Package]) -> None:
        keep = {(package.name, package.version) for package in packages}
        for path in self.debs.glob("*.deb"):
            name, version, _ = path.name.split("_", 2)
            if (name, version.replace("%3a", ":")) not in keep:
                path.unlink()


def _run(
    command: Sequence[str],
    env: dict[str, str],
    cwd: Path | None = None,
    suite: Suite | None = None,
    tell: Callable[[], None] | None = None,
) -> str:
    """Run a program and return its output; ``tell`` is called about five times a second.

    Raises Unavailable or NotFound with what to do, after what the program said.
    """
    try:
        with subprocess.Popen(  # noqa: S603 - fixed programs, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
            text=True,
            errors="replace",
        ) as process:
            out, err = _talk(process, tell)
    except FileNotFoundError as error:
        raise NotFound("debian.tools", "{program} is missing", program=command[0]) from error
    if process.returncode:
        raise explain(err + out, suite)
    return out


def _talk(process: subprocess.Popen[str], tell: Callable[[], None] | None) -> tuple[str, str]:
    started = time.monotonic()
    while True:
        try:
            return process.communicate(timeout=0.2)
        except subprocess.TimeoutExpired:
            if tell is not None:
                tell()
            if time.monotonic() - started > 1800:
                process.kill()
                raise
        except BaseException:
            process.terminate()
            raise


def explain(said: str, suite: Suite | None) -> CarelineError:
    """What apt's complaint means for the one who set careline up."""
    mirror = suite.mirror if suite else "the mirror"
    name = suite.name if suite else ""
    reasons = [line[2:].strip() for line in said.splitlines() if line.startswith(("E:", "W:"))]
    reason = reasons[0] if reasons else said.strip()[-300:]
    params = {"mirror": mirror, "name": name, "reason": reason}
    for words, code, text in _MEANINGS:
        if any(word in said for word in words):
            return Unavailable(code, text.msgid, problems=(), **params)
    return Unavailable(
        "debian.network",
        "{mirror} cannot be reached; check the network and start again,"
        " what was fetched is kept: {reason}",
        mirror=mirror,
        reason=reason,
    )
