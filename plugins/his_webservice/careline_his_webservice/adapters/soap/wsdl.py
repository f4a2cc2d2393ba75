"""A system's WSDL, read by zeep in a thread: which operations there are, and what they take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from attrs import frozen
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.wsdl.bindings import Soap11Binding, Soap12Binding

from careline.errors import Unavailable
from careline_his_webservice.adapters.soap.settings import SoapSettings
from careline_his_webservice.adapters.soap.xml import MOST_BYTES

#: What zeep and its libraries raise on a WSDL that is broken, hostile or not there.
_BROKEN = (
    ZeepError,
    etree.Error,
    requests.RequestException,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RecursionError,
)


class NoOperation(Exception):
    """The WSDL has none of that name, or it takes other parameters; says which."""


class _Foreign(ValueError):
    """A document from elsewhere."""


class _Loading(zeep.Transport):
    """Loads the WSDL and its schemas: from where it lies alone, in bounded size and time."""

    def __init__(self, source: str, timeout: float, auth: tuple[str, str] | None) -> None:
        session = requests.Session()
        session.trust_env = False  # a proxy of the house is no way to a system of the house
        session.auth = auth
        session.headers["Accept-Encoding"] = "identity"
        super().__init__(timeout=timeout, operation_timeout=timeout, session=session)  # type: ignore[no-untyped-call]
        self._home = urlsplit(source)
        self._ends = time.monotonic() + timeout

    def load(self, url: str) -> bytes:
        """One document; ValueError when a WSDL from the network names another host or a file."""
        parts = urlsplit(str(url))
        remote = parts.scheme in ("http", "https")
        if self._home.scheme and (not remote or parts.hostname != self._home.hostname):
            raise _Foreign(f"it imports {url} from elsewhere: save both as files beside each other")
        if not remote:
            return _bounded(Path(parts.path if parts.scheme == "file" else str(url)).read_bytes())
        return self._fetched(str(url))

    def _fetched(self, url: str) -> bytes:
        content = bytearray()
        with self.session.get(
            url, timeout=self.load_timeout, stream=True, allow_redirects=False
        ) as response:
            if response.status_code != 200:
                raise _Foreign(f"{url}: HTTP {response.status_code}")
            for part in response.iter_content(65536):
                content += part
                _bounded(content)
                if time.monotonic() > self._ends:
                    raise requests.Timeout(url)
        return bytes(content)


def _bounded(content: bytes | bytearray) -> bytes:
    if len(content) > MOST_BYTES:
        raise _Foreign(f"more than {MOST_BYTES // 1024 // 1024} MB")
    return bytes(content)


@frozen
class Message:
    """What is posted, and where to."""

    url: str
    headers: dict[str, str]
    body: bytes


@frozen
class Port:
    """The port of a WSDL that is spoken with."""

    address: str
    binding: Any

    @property
    def operations(self) -> list[str]:
        """Names of what can be called."""
        return sorted(self.binding.all())

    def message(self, operation: str, arguments: Mapping[str, Any]) -> Message:
        """A call as it is sent; NoOperation when the WSDL does not allow it."""
        found = self.binding.all().get(operation)
        if found is None:
            raise NoOperation(f"there is no operation {operation}")
        try:
            made = found.create(**arguments)
        except (ZeepError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise NoOperation(f"{operation}: {_first_line(error)}") from error
        headers = dict(made.headers)
        if isinstance(self.binding, Soap12Binding):
            headers = {}
            kind = f'application/soap+xml; charset=utf-8; action="{found.soapaction}"'
        else:
            kind = "text/xml; charset=utf-8"
        body = etree.tostring(made.content, encoding="utf-8", xml_declaration=True)
        return Message(self.address, {**headers, "Content-Type": kind}, body)


def load_port(campus: str, settings: SoapSettings, folder: Path, timeout: float) -> Port:
    """Read the WSDL (this blocks); Unavailable ``his.wsdl`` says what is wrong with it."""
    remote = urlsplit(settings.wsdl).scheme in ("http", "https")
    source = settings.wsdl if remote else str(folder / settings.wsdl)
    auth = _auth(settings)
    try:
        client = zeep.Client(  # type: ignore[no-untyped-call]
            source,
            transport=_Loading(source if remote else "", timeout, auth),
            settings=zeep.Settings(forbid_dtd=True, forbid_entities=True, force_https=False),
        )
        address, binding = _port_of(client, settings.port)
        address = _checked(settings.endpoint or address)
        _refuse_leak(address, source, settings)
    except _BROKEN as error:
        raise Unavailable(
            "his.wsdl",
            "{campus}: the WSDL {source} cannot be used: {reason}",
            campus=campus,
            source=settings.wsdl,
            reason=_first_line(error),
        ) from error
    return Port(address, binding)


def _port_of(client: zeep.Client, wanted: str) -> tuple[str, Any]:
    seen: list[str] = []
    for service in client.wsdl.services.values():
        for name, port in service.ports.items():
            if not isinstance(port.binding, Soap11Binding | Soap12Binding):
                continue
            seen.append(name)
            if wanted in ("", name):
                return str(port.binding_options["address"]), port.binding
    raise _Foreign(f"there is no SOAP port {wanted}; there are: {', '.join(seen) or '-'}")


def _checked(address: str) -> str:
    """Where to post; a WSDL may say anything."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or not address.isascii():
        raise _Foreign(f"its address “{address}” is no URL; set endpoint to the right one")
    return address


def _refuse_leak(address: str, source: str, settings: SoapSettings) -> None:
    """The password goes where the WSDL lies, or where ``endpoint`` says: to no other host."""
    home = urlsplit(source)
    elsewhere = home.scheme in ("http", "https") and urlsplit(address).hostname != home.hostname
    if settings.user and not settings.endpoint and elsewhere:
        raise _Foreign(
            f"its address “{address}” is on another host; if that is right, set endpoint"
        )


def _auth(settings: SoapSettings) -> tuple[str, str] | None:
    if not settings.user:
        return None
    return settings.user, settings.password.reveal() if settings.password else ""


def _first_line(error: BaseException) -> str:
    """Short, and without what zeep quotes of an answer."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:200]
