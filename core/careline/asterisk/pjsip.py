"""pjsip.conf and pjsip_transports.conf: phones and trunks, no anonymous endpoint."""

from __future__ import annotations

import re
from ipaddress import ip_address

from careline.asterisk.ini import Option, document, section
from careline.asterisk.model import AsteriskFiles, Phone, Trunk

_OWN_TRANSPORT = re.compile(r"^transport = careline-\w+\n", re.MULTILINE)


def transports(files: AsteriskFiles) -> str:
    """pjsip_transports.conf: apart from the rest because a change here needs a restart."""
    nat: list[Option] = [("external_media_address", files.external)]
    nat += [("external_signaling_address", files.external)]
    nat += [("local_net", net) for net in files.local_nets]
    udp = f"{files.bind}:{files.ports.sip}"
    return document(
        section("careline-udp", [("type", "transport"), ("protocol", "udp"), ("bind", udp), *nat]),
        section("careline-ws", [("type", "transport"), ("protocol", "ws"), ("bind", files.bind)]),
    )


def pjsip(files: AsteriskFiles) -> str:
    """pjsip.conf. Unknown senders are refused: there is no anonymous endpoint to catch them."""
    glob = section(
        "global",
        [
            ("type", "global"),
            ("user_agent", "careline"),
            ("endpoint_identifier_order", identifier_order(files)),
            ("max_initial_qualify_time", 4),
        ],
    )
    return document("#include pjsip_transports.conf\n", glob, *accounts(files))


def accounts(files: AsteriskFiles, transports: bool = True) -> list[str]:
    """The sections of all phones and trunks; ``transports`` False names no transport of ours."""
    parts = [part for phone in files.phones for part in _phone(files, phone)]
    parts += [part for trunk in files.trunks for part in _trunk(files, trunk)]
    if transports:
        return parts
    return [_OWN_TRANSPORT.sub("", part) for part in parts]


def identifier_order(files: AsteriskFiles) -> str:
    """By address first, so that a trunk caller whose number is a phone's name is still a trunk.

    Not so when a trunk shares an address with the phones of this host: then every browser would
    be taken for the trunk, hence by user name first.
    """
    shared = {files.bind, files.http_bind, "127.0.0.1", "localhost"}
    clash = any(_host(match) in shared for trunk in files.trunks for match in trunk.match)
    return "username,ip" if clash else "ip,username"


def _host(match: str) -> str:
    return match.split("/")[0]


def _media(files: AsteriskFiles) -> list[Option]:
    """Hold RTP to the one address that SIP listens on; 0.0.0.0 leaves the choice to the system."""
    if ip_address(files.bind).is_unspecified:
        return [("direct_media", False)]
    return [
        ("direct_media", False),
        ("media_address", files.bind),
        ("bind_rtp_to_media_address", True),
    ]


def _phone(files: AsteriskFiles, phone: Phone) -> list[str]:
    codecs = ("opus", *files.codecs) if phone.webrtc else files.codecs
    reach: list[Option] = (
        [("webrtc", True), ("transport", "careline-ws")]
        if phone.webrtc
        else [
            ("transport", "careline-udp"),
            ("dtmf_mode", "auto_info"),
            *(("rewrite_contact", True), ("rtp_symmetric", True), ("force_rport", True)),
        ]
    )
    endpoint = section(
        phone.name,
        [
            *(("type", "endpoint"), ("context", phone.context)),
            *(("disallow", "all"), ("allow", ",".join(codecs))),
            *(("auth", phone.name), ("aors", phone.name), ("callerid", phone.callerid)),
            *(("language", phone.language), ("identify_by", "username,auth_username")),
            *(("device_state_busy_at", 1), ("allow_subscribe", False), ("send_pai", True)),
            # A phone that lost its network is hung up, else its agent would talk for ever.
            *(("rtp_timeout", 60), ("rtp_timeout_hold", 600)),
            *([("trust_id_inbound", True)] if phone.trusted else []),
            *reach,
            *_media(files),
        ],
    )
    aor = section(
        phone.name,
        [
            *(("type", "aor"), ("max_contacts", phone.contacts), ("remove_existing", True)),
            # A phone that lost its network is noticed within 13 s: no call is offered to it.
            *(("qualify_frequency", 10), ("qualify_timeout", 3)),
            *(("default_expiration", 300), ("minimum_expiration", 30)),
        ],
    )
    return [endpoint, _auth(phone.name, phone.name, phone.secret), aor]


def _auth(name: str, username: str, secret: str) -> str:
    return section(
        name,
        [
            *(("type", "auth"), ("auth_type", "userpass")),
            *(("username", username), ("password", secret)),
        ],
    )


def _trunk(files: AsteriskFiles, trunk: Trunk) -> list[str]:
    auth = f"{trunk.name}-auth" if trunk.username else ""
    fax: list[Option] = [
        *(("t38_udptl", True), ("t38_udptl_ec", "redundancy")),
        *(("t38_udptl_maxdatagram", 400), ("t38_bind_udptl_to_media_address", True)),
    ]
    endpoint = section(
        trunk.name,
        [
            *(("type", "endpoint"), ("transport", "careline-udp"), ("context", trunk.context)),
            *(("disallow", "all"), ("allow", ",".join(trunk.codecs or files.codecs))),
            *(("aors", trunk.name if trunk.contact else ""), ("outbound_auth", auth)),
            *(("dtmf_mode", trunk.dtmf), ("identify_by", "ip")),
            *(("from_user", trunk.from_user), ("from_domain", trunk.from_domain)),
            *(("allow_subscribe", False), ("allow_transfer", False)),
            *(("trust_id_inbound", True), ("rtp_timeout", 120), ("rtp_timeout_hold", 900)),
            *_media(files),
            *(fax if trunk.fax else []),
        ],
    )
    identify = section(
        trunk.name,
        [
            *(("type", "identify"), ("endpoint", trunk.name)),
            *(("match", match) for match in trunk.match),
        ],
    )
    parts = [endpoint, identify]
    if trunk.contact:
        aor = [("type", "aor"), ("contact", trunk.contact), ("qualify_frequency", trunk.qualify_s)]
        parts.append(section(trunk.name, aor))
    if auth:
        parts.append(_auth(auth, trunk.username, trunk.secret))
    if trunk.register:
        parts.append(_registration(trunk, auth))
    return parts


def _registration(trunk: Trunk, auth: str) -> str:
    server = trunk.contact.split(":", 1)[-1].split("@")[-1]
    user = trunk.from_user or trunk.username
    return section(
        f"{trunk.name}-registration",
        [
            *(("type", "registration"), ("transport", "careline-udp"), ("outbound_auth", auth)),
            *(("server_uri", f"sip:{server}"), ("client_uri", f"sip:{user}@{server}")),
            *(("contact_user", user), ("retry_interval", 20), ("forbidden_retry_interval", 120)),
            *(("max_retries", 1_000_000), ("expiration", 300), ("line", True)),
            ("endpoint", trunk.name),
        ],
    )
