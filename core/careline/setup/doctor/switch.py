"""The switch and the core: there, safe, running, in step."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from careline.asterisk.layout import folders
from careline.asterisk.lint import lint
from careline.asterisk.process import Instance
from careline.config import AsteriskSettings
from careline.errors import CarelineError
from careline.i18n import Text
from careline.setup.doctor.model import Finding, Patient
from careline.setup.prepare import instance_of
from careline.telephony.ami.codec import MAX_MESSAGE, Decoder, encode
from careline.telephony.switch import KNOWS_BEGIN, OLD_DIALPLAN, RENEW_DIALPLAN

RUN = Text("run: careline run")
SECRET = Text("asterisk.ami_secret_file must hold the secret that manager.conf names")
AMI_S = 3.0


def asterisk(patient: Patient) -> Iterator[Finding]:
    """Our own Asterisk, or the hospital's."""
    own = patient.settings.asterisk
    if own.embedded:
        yield from _embedded(patient)
    else:
        yield from _theirs(patient)


def _embedded(patient: Patient) -> Iterator[Finding]:
    name = Text("Asterisk")
    try:
        instance = instance_of(patient.settings)
    except CarelineError as error:
        yield Finding(name, False, error, Text("run: careline asterisk install"))
        return
    yield _running(instance, name)
    problems = lint(folders(patient.settings.home.asterisk).etc)
    found = Text("nothing dangerous") if not problems else problems[0]
    cure = Text("run: careline asterisk lint")
    yield Finding(Text("Asterisk's configuration"), not problems, found, cure)


def _running(instance: Instance, name: Text) -> Finding:
    if not instance.is_running():
        return Finding(name, False, Text("does not run"), RUN)
    try:
        version = instance.rx("core show version").partition(" built")[0].strip()
    except CarelineError as error:
        return Finding(name, False, error, Text("end careline and start it again"))
    return Finding(name, True, version)


def _theirs(patient: Patient) -> Iterator[Finding]:
    own = patient.settings.asterisk
    name, where = Text("Asterisk"), f"{own.ami_host}:{own.ami_port}"
    try:
        greeting, lets_in, rings = _log_in(own)
    except OSError as error:
        cure = Text("start your Asterisk; see: careline asterisk config")
        found = Text("AMI at {where}: {reason}", {"where": where, "reason": str(error)})
        yield Finding(name, False, found, cure)
        return
    if not lets_in:
        about: dict[str, object] = {"where": where, "user": own.ami_user}
        refused = Text("AMI at {where} refuses the user {user} or its secret", about)
        yield Finding(name, False, refused, SECRET)
        return
    yield Finding(name, True, f"{greeting} ({where})")
    found = Text("as this careline writes it") if rings else OLD_DIALPLAN
    yield Finding(Text("Asterisk's dialplan"), rings, found, None if rings else RENEW_DIALPLAN)


def _log_in(own: AsteriskSettings) -> tuple[str, bool, bool]:
    """What AMI says of itself, whether it lets our user in, whether it can ring somebody for us.

    Raises OSError.
    """
    login = encode(
        "Login", [("Username", own.ami_user), ("Secret", own.ami_secret.reveal())], "doctor"
    )
    answers = Decoder(lambda _event: False)
    with socket.create_connection((own.ami_host, own.ami_port), AMI_S) as ami:
        lines = ami.makefile("rb")
        first = lines.readline(100)
        answers.feed(first)
        greeting = first.decode(errors="replace").strip()
        ami.sendall(login)
        while line := lines.readline(MAX_MESSAGE):
            for answer in answers.feed(line):
                if answer.kind != "response":
                    continue
                if answer.action_id == "rings":
                    return greeting, True, answer.get("Value") != "0"
                if answer.name != "Success":
                    return greeting, False, False
                ami.sendall(encode("Getvar", [("Variable", KNOWS_BEGIN)], "rings"))
    return greeting, False, False


def core(patient: Patient) -> Iterator[Finding]:
    """The running core and its link to Asterisk."""
    name = Text("core")
    if not patient.runs:
        yield Finding(name, False, Text("does not run"), RUN)
        return
    calls: dict[str, object] = {"count": len(patient.status["calls"])}
    yield Finding(name, True, Text("runs, {count} calls", calls))
    link = patient.status["link"]
    cure = Text("see {log}", {"log": str(patient.settings.home.log / "core.log")})
    if link == "refused":
        cure = SECRET
    found = Text("in step") if patient.status["in_step"] else link
    yield Finding(Text("link to Asterisk"), bool(patient.status["in_step"]), found, cure)


def agents(patient: Patient) -> Finding:
    """Somebody to take calls, for information."""
    here = [
        one["agent"] for one in patient.status.get("agents", ()) if one["state"] != "signed_out"
    ]
    return Finding(Text("agents signed in"), None, here or Text("none"))
