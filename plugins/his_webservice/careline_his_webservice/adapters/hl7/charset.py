"""Which characters the bytes of a message are: MSH-18 where it says so, else as the campus's are.

Names as in HL7 table 0211. Hospitals send GBK without MSH-18, and in GBK the second byte of a
character may be ``|`` or ``^``: a message is decoded before it is taken apart.
"""

from __future__ import annotations

from careline.errors import Invalid

NAMES = {
    "": "",
    "ASCII": "",  # said by engines that then send GBK
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB 18030-2000": "gb18030",
    "GB18030-2000": "gb18030",
    "GB 18030": "gb18030",
    "GB18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "8859/1": "latin-1",
}
SAYS = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000", "gbk": ""}
CODECS = {"utf-8": "utf-8", "gb18030": "gb18030", "gbk": "gb18030"}


def encode(text: str, charset: str) -> bytes:
    """Bytes in the campus's charset; what GBK does not have becomes ``?``."""
    return text.encode(charset, errors="replace")


def decode(data: bytes, charset: str) -> str:
    """The text of a message; ``charset`` is the campus's.

    Raises Invalid (``hl7.charset``) for a charset that is unknown, or for bytes that are not in it.
    """
    codec = _codec(data.split(b"\r", 1)[0], CODECS[charset])
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise Invalid(
            "hl7.charset", "byte {at} is not {charset}", at=error.start, charset=codec
        ) from error


def _codec(header: bytes, own: str) -> str:
    """What MSH-18 says, read in the charset in which it says that of itself."""
    for codec in dict.fromkeys((own, "utf-8", "gb18030")):
        said = _said(header.decode(codec, errors="replace"))
        if NAMES.get(said) == codec:
            return codec
    said = _said(header.decode(own, errors="replace"))
    if said not in NAMES:
        raise Invalid("hl7.charset", "MSH-18: unknown charset {charset}", charset=said[:40])
    return NAMES[said] or own


def _said(header: str) -> str:
    """MSH-18's first repetition; MSH-1 is the separator itself."""
    fields = header.split(header[3:4] or "|")
    repeat = header[5:6] or "~"
    return fields[17].split(repeat)[0].strip().upper() if len(fields) > 17 else ""
