"""Bytes of the outside to text, never failing."""

from __future__ import annotations


def text(data: bytes) -> str:
    """Text of ``data``: UTF-8, else GB18030 (old PBXs and gateways in China), else Latin-1.

    Latin-1 maps every byte, so this never fails: a caller's odd name must not end the link.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
