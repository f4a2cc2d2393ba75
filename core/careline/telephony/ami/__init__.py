"""The Asterisk Manager Interface: a codec without I/O and a link that is always being rebuilt."""

from careline.telephony.ami.codec import Decoder, encode
from careline.telephony.ami.link import AmiLink, LinkState
from careline.telephony.ami.message import Message

__all__ = ["AmiLink", "Decoder", "LinkState", "Message", "encode"]
