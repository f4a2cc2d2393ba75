"""What keeps strangers' pages out: headers, the forms' token, where a request comes from."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from attrs import frozen

SESSION_COOKIE = "careline"
TOKEN_FIELD = "csrf"  # noqa: S105  the name of a field
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105  the name of a header

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), microphone=(self)",
}


def socket_url(host: str, phone_url: str, port: int) -> str:
    """Where a browser's phone finds its web socket, for a page that came from ``host``."""
    if phone_url:
        return phone_url
    name = _hostname(host) or "127.0.0.1"
    return f"ws://{f'[{name}]' if ':' in name else name}:{port}/ws"


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as a content policy names it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def content_policy(sockets: str = "") -> str:
    """The Content-Security-Policy; ``sockets`` are addresses of phones' web sockets."""
    parts = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": f"'self' {sockets}".strip(),
        "media-src": "'self' blob:",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def token_of(session_token: str) -> str:
    """The token that forms of a session carry; the session's own secret cannot be got from it."""
    return hmac.new(session_token.encode(), b"csrf", hashlib.sha256).hexdigest()


def token_fits(session_token: str, given: str) -> bool:
    """True when the form's token belongs to the session."""
    return hmac.compare_digest(token_of(session_token).encode(), given.encode())


@frozen
class Place:
    """The site's own address: ``url`` as people reach it, or empty when it is only local."""

    url: str = ""

    @property
    def secure(self) -> bool:
        """True when people come over https."""
        return self.url.startswith("https://")

    def is_ours(self, host: str) -> bool:
        """True when a Host header names us.

        Other names would let a stranger's page make its own name point here (DNS rebinding);
        addresses and localhost cannot be made to.
        """
        name = _hostname(host)
        return name == "localhost" or _is_address(name) or name == (urlsplit(self.url).hostname)

    def is_same_origin(self, host: str, headers: Mapping[str, str]) -> bool:
        """True when what sent the form is one of our own pages, as far as the browser tells."""
        site = headers.get("sec-fetch-site")
        if site is not None and site != "same-origin":
            return False
        origin = headers.get("origin")
        if origin is None:
            return (
                site is not None
                or not headers.get("referer")
                or self._fits(host, headers["referer"])
            )
        return self._fits(host, origin)

    def _fits(self, host: str, origin: str) -> bool:
        parts = urlsplit(origin)
        if parts.netloc.lower() == host.lower():
            return True
        own = urlsplit(self.url)
        return bool(own.netloc) and (parts.scheme, parts.netloc) == (own.scheme, own.netloc)


def _hostname(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def own_path(path: str, otherwise: str = "/") -> str:
    """A path within the site for a redirect; what leads elsewhere becomes ``otherwise``."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return otherwise
    return quote(path, safe="/?&=%#:+,;@!$'()*~-._[]")


def sign_in_path(path: str) -> str:
    """Where to sign in and come back from."""
    return "/signin" if path in ("", "/") else f"/signin?next={quote(path, safe='')}"
