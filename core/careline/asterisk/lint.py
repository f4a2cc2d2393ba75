"""What in a configuration loses money or lets strangers in: our own files and a hospital's.

Each rule here is a way in which call centers were robbed; see the messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from careline.asterisk.danger import Danger
from careline.asterisk.lint_dialplan import dialplan_problems
from careline.asterisk.reading import Document, Line, Section, read
from careline.errors import Invalid

#: Rights of an AMI user that run programs or change files.
_DANGEROUS = frozenset({"all", "system", "command", "config"})
_SHORT = 16
_YES = frozenset({"yes", "true", "y", "t", "1", "on"})
_FILES = ("asterisk.conf", "manager.conf", "pjsip.conf", "http.conf", "extensions.conf")


def check(folder: Path, http_bind: str = "127.0.0.1") -> None:
    """Raise Invalid("asterisk.lint") with every problem of the configuration in ``folder``."""
    problems = lint(folder, http_bind)
    if problems:
        raise Invalid(
            "asterisk.lint",
            "The Asterisk configuration in {folder} is dangerous:",
            problems=problems,
            folder=str(folder),
        )


def lint(folder: Path, http_bind: str = "127.0.0.1") -> list[Invalid]:
    """Every problem found in ``folder``; ``http_bind`` is where HTTP is meant to listen."""
    files = {name: read(folder, name) for name in _FILES}
    return [
        *_programs(files),
        *_options(files["asterisk.conf"]),
        *_manager(files["manager.conf"]),
        *_http(files["http.conf"], http_bind),
        *_pjsip(files["pjsip.conf"]),
        *dialplan_problems(files["extensions.conf"]),
    ]


def _programs(files: dict[str, Document]) -> Iterator[Invalid]:
    for document in files.values():
        for line in document.directives:
            if line.key == "#exec":
                yield Danger(
                    "lint.exec",
                    "{file}:{line}: #exec runs a program each time the file is read; "
                    "write its output instead",
                    line,
                )


def _options(document: Document) -> Iterator[Invalid]:
    for section in document.sections:
        values = document.values(section)
        line = values.get("live_dangerously")
        if line and line.value.lower() in _YES:
            yield Danger(
                "lint.live_dangerously",
                "{file}:{line}: live_dangerously lets AMI users run programs; set it to no",
                line,
            )


def _manager(document: Document) -> Iterator[Invalid]:
    for section in document.sections:
        values = document.values(section)
        if section.name == "general":
            bind = values.get("bindaddr")
            if bind is None or not _is_loopback(bind.value):
                yield Danger(
                    "lint.ami_bind",
                    "{file}:{line}: AMI listens outside this machine, in clear text; "
                    "set bindaddr=127.0.0.1",
                    bind or section,
                )
        elif not section.is_template:
            yield from _manager_user(document, section)


def _manager_user(document: Document, section: Section) -> Iterator[Invalid]:
    values = document.values(section)
    if secret := values.get("secret"):
        yield from _secret(secret.value, section.name, secret)
    for key, rights in (("write", _DANGEROUS), ("read", frozenset({"all"}))):
        line = values.get(key)
        if line is None:
            continue
        given = sorted(rights & {word.strip() for word in line.value.split(",")})
        if given:
            yield Danger(
                "lint.ami_rights",
                "{file}:{line}: AMI user {user} has {key}={rights}, with which one can run "
                "programs, change files or read secrets; name only the rights that are needed",
                line,
                user=section.name,
                key=key,
                rights=",".join(given),
            )


def _http(document: Document, expected: str) -> Iterator[Invalid]:
    general = document.named("general")
    values = document.values(general) if general else {}
    enabled = values.get("enabled")
    if not enabled or enabled.value.lower() not in _YES:
        return
    bind = values.get("bindaddr")
    if bind and (_is_loopback(bind.value) or bind.value == expected):
        return
    yield Danger(
        "lint.http_bind",
        "{file}:{line}: Asterisk's HTTP server listens outside this machine, in clear text; "
        "bindaddr=127.0.0.1 and let a web server with a certificate pass /ws on",
        bind or enabled,
    )


def _pjsip(document: Document) -> Iterator[Invalid]:
    identified = {
        values["endpoint"].value
        for section in document.sections
        if (values := document.values(section)).get("type") and "endpoint" in values
    }
    for section in document.sections:
        values = document.values(section)
        kind = values["type"].value if "type" in values and not section.is_template else ""
        if kind == "endpoint" and section.name.startswith("anonymous"):
            yield Danger(
                "lint.anonymous",
                "{file}:{line}: an anonymous endpoint lets everybody call; "
                "name trunks by their addresses",
                section,
            )
        elif kind == "endpoint" and "auth" not in values and section.name not in identified:
            yield Danger(
                "lint.no_auth",
                "{file}:{line}: endpoint {name} has neither a secret (auth) "
                "nor addresses (identify)",
                section,
                name=section.name,
            )
        elif kind == "auth" and "password" in values:
            name = values["username"].value if "username" in values else section.name
            yield from _secret(values["password"].value, name, values["password"])
        elif kind == "identify":
            yield from _identify(document, section)


def _identify(document: Document, section: Section) -> Iterator[Invalid]:
    for line in document.lines(section):
        if line.key == "match" and line.value.endswith("/0"):
            yield Danger(
                "lint.match_all",
                "{file}:{line}: match={value} takes calls from every address as this trunk's",
                line,
                value=line.value,
            )


def _secret(secret: str, name: str, place: Line) -> Iterator[Invalid]:
    """Attackers try names, short numbers and words: millions of them a day."""
    if secret == name:
        yield Danger(
            "lint.secret_is_name",
            "{file}:{line}: the secret of {name} is its name",
            place,
            name=name,
        )
    elif len(secret) < _SHORT or secret.isdigit() or len(set(secret)) < _SHORT // 2:
        yield Danger(
            "lint.weak_secret",
            "{file}:{line}: the secret of {name} can be guessed; "
            "take a random one of 20 letters and digits",
            place,
            name=name,
        )


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False
