"""What can be set in careline.toml: one frozen class per table, with its default and its check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import time
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from attrs import field, frozen

from careline.config.checks import between, directory, matches, one_of, port
from careline.config.home import Home
from careline.config.outbound import OutboundSettings
from careline.config.reader import Reader
from careline.config.secret import Secret
from careline.errors import Invalid
from careline.i18n import Text

if TYPE_CHECKING:
    from attrs import Attribute

C = TypeVar("C")

LANGUAGES = ("zh", "en")
PLUGIN_NAME = r"[a-z][a-z0-9_]{0,30}"
BUNDLE_NAME = r"[a-z][a-z0-9_-]{0,30}"


def _address(_: object, attribute: Attribute[str], value: str) -> None:
    try:
        ip_address(value)
    except ValueError:
        raise Invalid(
            "config.address",
            "{where}: must be an IP address such as 127.0.0.1 or 0.0.0.0, not “{value}”",
            where=attribute.name,
            value=value,
        ) from None


def _plugin_names(_: object, attribute: Attribute[Any], value: tuple[str, ...]) -> None:
    check = matches(PLUGIN_NAME, Text("a plugin name: small letters, digits and _"))
    for name in value:
        check(_, attribute, name)
    repeated = [name for name, count in Counter(value).items() if count > 1]
    if repeated:
        raise Invalid(
            "config.repeated",
            "{where}: {names} is listed more than once; keep the first",
            where=attribute.name,
            names=", ".join(repeated),
        )


@frozen
class CoreSettings:
    """``[core]``: this process."""

    node: str = field(
        default="hq",
        validator=matches(
            r"[a-z][a-z0-9-]{0,15}", Text("1 to 16 small letters, digits or -, a letter first")
        ),
    )
    """Name of this careline; begins every call id, so it differs between sites."""
    agi_bind: str = field(default="127.0.0.1", validator=_address)
    agi_port: int = field(default=4573, validator=port)
    control_socket: Path | None = None
    """Where the command line talks to the running process; None: in the home."""


@frozen
class DatabaseSettings:
    """``[database]``: SQLite by default, PostgreSQL in production."""

    url: str = field(default="sqlite:///careline.db")
    password: Secret | None = None

    @url.validator
    def _url(self, attribute: Attribute[str], value: str) -> None:
        parts = urlsplit(value)
        if parts.scheme not in {"sqlite", "postgresql", "postgresql+psycopg"}:
            raise Invalid(
                "config.database_url",
                "{where}: must begin with sqlite:/// or postgresql://, not “{scheme}”",
                where=attribute.name,
                scheme=parts.scheme or value,
            )
        if parts.password:
            raise Invalid(
                "config.password_in_url",
                "{where}: the password does not belong in the URL; put it into a file named by "
                "database.password_file, or into $CARELINE_DATABASE_PASSWORD",
                where=attribute.name,
            )


@frozen
class AsteriskSettings:
    """``[asterisk]``: the embedded Asterisk, or one of the hospital's own."""

    ami_secret: Secret
    embedded: bool = True
    tree: Path | None = None
    """Where the embedded Asterisk is unpacked; None: ``asterisk/tree`` in the home."""
    etc: Path | None = field(default=None, validator=directory)
    """Configuration directory of the hospital's own Asterisk."""
    bind: str = field(default="127.0.0.1", validator=_address)
    """Address for phones and trunks; 0.0.0.0 for all."""
    sip_port: int = field(default=5060, validator=port)
    http_port: int = field(default=8088, validator=port)
    rtp_first: int = field(default=10000, validator=between(1024, 65534))
    rtp_last: int = field(default=10999, validator=between(1025, 65535))
    ami_host: str = field(default="127.0.0.1", validator=_address)
    ami_port: int = field(default=5038, validator=port)
    ami_user: str = field(
        default="careline",
        validator=matches(r"[A-Za-z0-9_-]{1,32}", Text("1 to 32 letters, digits, _ or -")),
    )

    @rtp_last.validator
    def _range(self, attribute: Attribute[int], value: int) -> None:
        if value < self.rtp_first + 9:
            raise Invalid(
                "config.rtp_range",
                "{where}: must be at least 9 above rtp_first = {first} (two ports per call leg)",
                where=attribute.name,
                first=self.rtp_first,
            )

    @sip_port.validator
    def _outside(self, attribute: Attribute[int], value: int) -> None:
        if self.rtp_first <= value <= self.rtp_last:
            raise Invalid(
                "config.port_in_range",
                "{where}: {value} lies in the RTP range {first}-{last}; take one outside",
                where=attribute.name,
                value=value,
                first=self.rtp_first,
                last=self.rtp_last,
            )

    @etc.validator
    def _only_own(self, attribute: Attribute[Any], value: Path | None) -> None:
        if value is None and not self.embedded:
            raise Invalid(
                "config.etc_missing",
                "{where}: missing; with embedded = false name the directory of your Asterisk's "
                'configuration, such as "/etc/asterisk"',
                where=attribute.name,
            )


@frozen
class WebSettings:
    """``[web]``: the workspace that people open in a browser."""

    bind: str = field(default="127.0.0.1", validator=_address)
    """Address to listen on; 0.0.0.0 for all network cards."""
    port: int = field(default=8000, validator=port)
    url: str = field(
        default="",
        validator=matches(
            r"|https?://[A-Za-z0-9.:\[\]-]+", Text("an address such as https://cc.hospital.cn")
        ),
    )
    """How people reach it, when that is a name or a proxy before it; empty: by IP address."""
    phone_url: str = field(
        default="",
        validator=matches(
            r"|wss?://[^\s;,'\"]+", Text("an address such as wss://cc.hospital.cn/ws")
        ),
    )
    """Web socket of the phones in the browser; empty: Asterisk's own on the same machine."""
    idle_lock_min: int = field(default=15, validator=between(1, 1440))
    """Minutes without a deed after which the password is asked for."""
    session_h: int = field(default=12, validator=between(1, 168))
    """Hours after which one has to sign in anew."""

    @property
    def address(self) -> str:
        """Where the workspace is, for a link: ``http://127.0.0.1:8000``."""
        host = "127.0.0.1" if self.bind in ("0.0.0.0", "::") else self.bind  # noqa: S104  compared
        host = f"[{host}]" if ":" in host else host
        return self.url or f"http://{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """True when nobody but this machine can reach it: no proxy, no network card."""
        return ip_address(self.bind).is_loopback and not self.url


@frozen
class AuditSettings:
    """``[audit]``: who did what to whom and why."""

    keep_days: int = field(default=1826, validator=between(0, 36500))
    """Days after which lines are removed; 0 keeps them for ever."""


@frozen
class PatientSettings:
    """``[patients]``: how long records are kept."""

    keep_days: int = field(default=0, validator=between(0, 36500))
    """Days without a change or a call after which a record is erased; 0 keeps it for ever."""


@frozen
class SpeechSettings:
    """``[speech]``: how prompts are spoken that nobody has recorded."""

    command: str = ""
    """A text-to-speech command with {text} and {out}; empty: espeak-ng."""
    speed: int = field(default=160, validator=between(80, 400))
    """Words a minute."""


@frozen
class LogSettings:
    """``[log]``: what is written down and where."""

    level: str = field(default="info", validator=one_of(["debug", "info", "warn", "error"]))
    format: str = field(default="text", validator=one_of(["text", "json"]))
    file: Path | None = None
    """None: standard error and ``log/careline.log`` in the home."""


@frozen
class BoardSettings:
    """``[board]``: what the shift leaders' board does."""

    tell_agents: bool = True
    """Whether agents are shown that a leader listens to their call."""


@frozen
class OutreachSettings:
    """``[outreach]``: when and how often the hospital itself turns to a patient."""

    quiet_from: time = time(21)
    """Begin of the hours in which nobody is disturbed (but for what is urgent), local time."""
    quiet_to: time = time(8)
    """Their end; equal to the begin: no quiet hours."""
    holiday_quiet_to: time = field(default=time(9))
    """Their end on public holidays."""
    most_a_day: int = field(default=2, validator=between(1, 100))
    """Contacts of one patient a day, of all means and plugins; answers to the patient apart."""
    most_tries_a_day: int = field(default=4, validator=between(1, 100))
    """Calls in vain to one patient a day."""
    gap_min: int = field(default=60, validator=between(0, 1440))
    """Minutes between two contacts of one patient."""
    join_h: int = field(default=12, validator=between(0, 72))
    """Hours that a contact may wait for one of the same kind that carries it too."""
    spread_min: int = field(default=30, validator=between(0, 240))
    """Minutes over which the work of a night is spread in the morning."""
    keep_days: int = field(default=400, validator=between(7, 36500))
    """Days after which decisions are removed; refusals and wrong numbers are kept for ever."""

    @holiday_quiet_to.validator
    def _open(self, attribute: Attribute[time], value: time) -> None:
        """A day without an hour for patients would put everything off for ever."""
        ends = max(value, self.quiet_to)
        if self.quiet_from > self.quiet_to and ends >= self.quiet_from:
            raise Invalid(
                "config.quiet",
                "{where}: must be before quiet_from = {begin}, or no patient is ever reached then",
                where=attribute.name,
                begin=self.quiet_from.isoformat("minutes"),
            )


@frozen
class BundleSettings:
    """``[bundle.<name>]``: a named list of plugins of the hospital's own."""

    plugins: tuple[str, ...] = field(validator=_plugin_names)
    title: str = ""
    title_en: str = ""


@frozen
class Settings:
    """All of careline.toml, checked; ``plugin`` keeps each plugin's table as it was written."""

    home: Home
    asterisk: AsteriskSettings
    language: str = field(default="zh", validator=one_of(LANGUAGES))
    plugins: tuple[str, ...] = field(default=(), validator=_plugin_names)
    core: CoreSettings = field(factory=CoreSettings)
    database: DatabaseSettings = field(factory=DatabaseSettings)
    speech: SpeechSettings = field(factory=SpeechSettings)
    web: WebSettings = field(factory=WebSettings)
    board: BoardSettings = field(factory=BoardSettings)
    audit: AuditSettings = field(factory=AuditSettings)
    patients: PatientSettings = field(factory=PatientSettings)
    outreach: OutreachSettings = field(factory=OutreachSettings)
    outbound: OutboundSettings = field(factory=OutboundSettings)
    log: LogSettings = field(factory=LogSettings)
    bundle: Mapping[str, BundleSettings] = field(factory=dict)
    plugin: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    environ: Mapping[str, str] = field(factory=dict, repr=False)

    @web.validator
    def _ports_differ(self, _: object, web: WebSettings) -> None:
        """Two listeners on one TCP port would end at start-up, half way."""
        named = {"core.agi_port": self.core.agi_port, "web.port": web.port}
        if self.asterisk.embedded:
            named["asterisk.ami_port"] = self.asterisk.ami_port
            named["asterisk.http_port"] = self.asterisk.http_port
        counted = Counter(named.values())
        for where, number in named.items():
            if counted[number] > 1:
                others = [name for name, n in named.items() if n == number and name != where]
                raise Invalid(
                    "config.same_port",
                    "{where}: port {number} is also {others}; give each its own",
                    where=where,
                    number=number,
                    others=", ".join(others),
                )

    @property
    def asterisk_tree(self) -> Path:
        """Directory of the unpacked Asterisk."""
        return self.asterisk.tree or self.home.asterisk / "tree"

    @property
    def control_socket(self) -> Path:
        """The command line's socket."""
        return self.core.control_socket or self.home.control_socket

    @property
    def database_url(self) -> str:
        """URL for SQLAlchemy: SQLite's file under the home, PostgreSQL with driver and password.

        Not for printing; ``database.url`` is.
        """
        return "".join(_complete(self.database, self.home))

    def plugin_config(self, name: str, cls: type[C]) -> C:
        """Parse ``[plugin.<name>]`` to the plugin's own attrs class; Invalid lists all errors."""
        reader = Reader(self.home.root, self.environ)
        config = reader.read(self.plugin.get(name, {}), cls, ("plugin", name))
        reader.raise_problems(self.home.config)
        assert config is not None  # noqa: S101  only with problems, which were raised
        return config


def _complete(database: DatabaseSettings, home: Home) -> Iterator[str]:
    scheme, _, rest = database.url.partition("://")
    if scheme == "sqlite":
        path = rest.removeprefix("/")
        yield "sqlite://" if path in {"", ":memory:"} else f"sqlite:///{home.root / path}"
        return
    yield "postgresql+psycopg://"
    host, at, tail = rest.partition("@")
    if database.password is None:
        yield rest
    elif at:
        yield f"{host}:{quote(database.password.reveal(), safe='')}@{tail}"
    else:
        yield f":{quote(database.password.reveal(), safe='')}@{rest}"
