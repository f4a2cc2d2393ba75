"""What the generated files of one Asterisk depend on, as frozen values."""

from __future__ import annotations

import enum
import re
import secrets
import string

from attrs import field, frozen
from attrs.validators import matches_re

PHONES_CONTEXT = "careline-phones"
TRUNKS_CONTEXT = "careline-inbound"
SECRET_LENGTH = 20
#: A name that is safe as a section, an endpoint, an AOR and a part of a dial string.
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")

#: The AMI events that careline subscribes to; manager.conf lets nothing else through.
DEFAULT_EVENTS = (
    *("Newchannel", "Newstate", "NewConnectedLine", "Hangup", "HangupRequest", "SoftHangupRequest"),
    *("BridgeCreate", "BridgeEnter", "BridgeLeave", "BridgeDestroy", "BridgeMerge"),
    *("DialBegin", "DialState", "DialEnd", "LocalBridge", "LocalOptimizationEnd"),
    *("Hold", "Unhold", "Pickup", "AttendedTransfer", "BlindTransfer", "OriginateResponse"),
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon"),
    *("AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer", "AgentDump"),
    *("QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause", "QueueMemberStatus"),
    *("QueueMemberPenalty", "QueueMemberRinginuse"),
    *("MixMonitorStart", "MixMonitorStop", "MixMonitorMute", "ChanSpyStart", "ChanSpyStop"),
    *("DeviceStateChange", "ContactStatus", "PeerStatus", "Registry"),
    *("UserEvent", "FullyBooted", "Shutdown"),
)


class Strategy(enum.Enum):
    """How app_queue chooses the next agent; the values are Asterisk's own words."""

    RING_ALL = "ringall"
    LONGEST_IDLE = "leastrecent"
    FEWEST_CALLS = "fewestcalls"
    ROUND_ROBIN = "rrmemory"
    ROUND_ROBIN_ORDERED = "rrordered"
    IN_ORDER = "linear"
    RANDOM = "random"
    WEIGHTED_RANDOM = "wrandom"


def new_secret() -> str:
    """A random secret of 20 letters and digits (119 bits), free of look-alikes and quoting."""
    alphabet = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
    return "".join(secrets.choice(alphabet) for _ in range(SECRET_LENGTH))


@frozen
class Ports:
    """Port numbers: SIP over UDP, AMI, HTTP (the WebSocket of browser phones), and RTP's range."""

    sip: int = 5060
    ami: int = 5038
    http: int = 8088
    rtp_low: int = 10000
    rtp_high: int = 10999


@frozen
class Phone:
    """One SIP phone or browser phone (``webrtc``) that registers with ``name`` and ``secret``.

    ``callerid`` is shown to whom it calls, as ``"Name" <number>``; ``contacts`` is how many devices
    may be registered at once, the newest pushing out the oldest. ``trusted``: the number that it
    says it calls from is believed.
    """

    name: str = field(validator=matches_re(NAME))
    secret: str = field(repr=False)
    webrtc: bool = False
    callerid: str = ""
    contacts: int = 1
    context: str = PHONES_CONTEXT
    language: str = ""
    trusted: bool = False


@frozen
class Trunk:
    """A line to the outside: a provider or a gateway, known by the addresses its calls come from.

    ``match`` holds IP addresses, networks or host names; ``contact`` is where calls are sent
    (``sip:host:port``); ``username`` and ``secret`` answer its challenges; ``register`` keeps a
    registration at ``contact`` alive. ``codecs`` empty means the site's.
    """

    name: str = field(validator=matches_re(NAME))
    match: tuple[str, ...]
    contact: str = ""
    username: str = ""
    secret: str = field(default="", repr=False)
    register: bool = False
    from_user: str = ""
    from_domain: str = ""
    codecs: tuple[str, ...] = ()
    dtmf: str = "auto_info"
    context: str = TRUNKS_CONTEXT
    qualify_s: int = 30
    fax: bool = False


@frozen
class Member:
    """A fixed member of a queue, for the fallback queue that works without the core."""

    interface: str
    name: str
    penalty: int = 0


@frozen
class Announcements:
    """What a waiting caller hears. Times in seconds, 0 = never; files without extension."""

    position: bool = False
    hold_time: bool = False
    frequency_s: int = 0
    periodic: tuple[str, ...] = ()
    periodic_s: int = 0
    to_caller: str = ""
    to_agent: str = ""
    sounds: tuple[tuple[str, str], ...] = ()


@frozen
class QueueConf:
    """A queue of app_queue. Times in seconds; ``max_callers`` 0 = no limit.

    ``wrapup_s`` is a floor only: it ends early for members of several queues
    (asterisk#1006), so the core pauses its agents itself.
    """

    name: str = field(validator=matches_re(NAME))
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_s: int = 20
    retry_s: int = 1
    wrapup_s: int = 0
    weight: int = 0
    max_callers: int = 0
    service_level_s: int = 20
    music: str = "default"
    announcements: Announcements = Announcements()
    members: tuple[Member, ...] = ()


@frozen
class Music:
    """A class of music on hold: sound files of one folder, played in random order."""

    name: str = field(validator=matches_re(NAME))
    directory: str = "moh"


@frozen
class AsteriskFiles:
    """Everything that the configuration of one Asterisk says.

    ``node`` becomes the system name, so the first part of each call's id; ``bind`` is the address
    of SIP and RTP (0.0.0.0 on a real site), ``http_bind`` that of the browser phones' WebSocket;
    AMI, which is clear text, listens on a loopback address always. ``external`` and
    ``local_nets`` are for a site behind NAT. ``dialplan`` is the text of extensions.conf.
    """

    node: str = field(validator=matches_re(NAME))
    ami_secret: str = field(repr=False)
    dialplan: str = field(repr=False)
    ports: Ports = Ports()
    bind: str = "127.0.0.1"
    http_bind: str = "127.0.0.1"
    external: str = ""
    local_nets: tuple[str, ...] = ()
    ami_user: str = "careline"
    ami_bind: str = field(default="127.0.0.1", validator=matches_re(r"127(\.\d{1,3}){3}"))
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    phones: tuple[Phone, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    queues: tuple[QueueConf, ...] = ()
    music: tuple[Music, ...] = (Music("default"),)
    events: tuple[str, ...] = DEFAULT_EVENTS
    #: Asterisk before 20.10 and 21.5 knows regular expressions only.
    regex_filters: bool = False
