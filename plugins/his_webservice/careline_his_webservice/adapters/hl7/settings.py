"""The table of a system of kind ``hl7``."""

from __future__ import annotations

from attrs import field, frozen

from careline.config import between, matches, one_of
from careline.i18n import Text

FIELD = Text("a segment and the number of a field, such as ZSC-1")
CHARSETS = ("utf-8", "gb18030", "gbk")


@frozen
class Hl7Settings:
    """``[plugin.his_webservice.campus.<name>.hl7]``.

    ``host`` and ``port`` are where the hospital's engine takes our messages. An HL7 interface gives
    no schedules to read: these come from the campus's ``reads`` system, ``sql`` or ``embedded``.
    """

    host: str
    port: int = field(validator=between(1, 65535))
    reads: str = field(default="sql", validator=one_of(("sql", "embedded")))
    charset: str = field(default="utf-8", validator=one_of(CHARSETS))
    """Of what we send, and of messages that do not name theirs in MSH-18."""
    listen_host: str = "127.0.0.1"
    listen_port: int = field(default=0, validator=between(0, 65535))
    """Where the hospital's engine sends to; 0: nowhere."""
    peers: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses that may connect; others are cut off at once."""
    application: str = "CARELINE"
    """MSH-3 of what we send."""
    receiver: str = "HIS"
    """MSH-5 of what we send."""
    version: str = field(default="2.5", validator=one_of(("2.3.1", "2.4", "2.5", "2.5.1")))
    id_card_type: str = "NNCHN"
    """Type of identifier (PID-3.5, HL7 table 0203) under which id card numbers are sent."""
    turn: str = field(default="", validator=matches(r"([A-Z][A-Z0-9]{2}-\d{1,2})?", FIELD))
    """Field of the answer that is the patient's turn (就诊序号), such as ``ZSC-1``; empty: none."""
    full: tuple[str, ...] = ("号源已满", "已约满", "无号", "满号", "号已满", "fully booked")
    """Words in a refusal by which a slot without a free number is known."""
    absent: tuple[str, ...] = (
        "不存在",
        "未找到",
        "无此预约",
        "没有预约",
        "not found",
        "unknown appointment",
    )
    """Words in a refusal to cancel by which a visit is known that never was."""
