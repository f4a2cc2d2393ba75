"""HTTP as it comes over the wire: answers read, forms with files written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from careline.testing.html import Element, find


@frozen
class Seen:
    """What a browser got."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def find(self, selector: str) -> list[Element]:
        """All elements that fit one compound selector, ``input.wide[name=phone]``."""
        return find(self.text, selector)


def parse(raw: bytes) -> Seen:
    """An HTTP response as it came over the wire."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(": ")[::2] for line in lines]
    headers = {name.lower(): value for name, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        body = _joined(body)
    cookies = tuple(value for name, value in pairs if name.lower() == "set-cookie")
    return Seen(int(status.split()[1]), headers, body, cookies)


def _joined(body: bytes) -> bytes:
    """The chunks of a body, as far as they have come."""
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            break
        parts.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(parts)


def multipart(
    fields: Mapping[str, str | Sequence[str]], files: Mapping[str, tuple[str, str, bytes]]
) -> tuple[bytes, str]:
    """A form with files, and its content type."""
    boundary = "careline-boundary"
    parts = []
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{one}'.encode())
    for name, (filename, mime, content) in files.items():
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
        parts.append(f"{disposition}\r\nContent-Type: {mime}\r\n\r\n".encode() + content)
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
