"""The tables of messages."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from careline.hooks import Urgency
from careline.messaging.gateway import Fate
from careline.storage import BigId, EnumValue, Json, UTCDateTime, metadata
from careline_sms.model import State

LONGEST_KEY = 120

message_table = Table(
    "sms_message",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(LONGEST_KEY), nullable=False, unique=True),
    Column("to", String(32), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("template", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("values", Json, nullable=False),
    Column("language", String(8), nullable=False),
    Column("patient", BigId, nullable=False, index=True),
    Column("campus", String(32), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("urgency", EnumValue(Urgency), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("not_before", UTCDateTime, nullable=False),
    Column("not_after", UTCDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("group", String(64), nullable=False, index=True),
    Column("call", String(64), nullable=False, index=True),
    Column("settles", Boolean, nullable=False),
    Column("answer", Boolean, nullable=False),
    Column("state", EnumValue(State), nullable=False),
    Column("created", UTCDateTime, nullable=False, index=True),
    Column("changed", UTCDateTime, nullable=False, index=True),
    Column("sent", UTCDateTime),
    Column("gateway", String(32), nullable=False),
    Column("bound", String(32), nullable=False),
    Column("refused", Json, nullable=False),
    Column("owner", String(80), nullable=False),
    Column("round", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("cost", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    Column("detail", String(300), nullable=False),
    Column("shares", Boolean, nullable=False, server_default=false()),
    Column("carrier", BigId, nullable=False, server_default="0", index=True),
    Column("told", Boolean, nullable=False, server_default=false()),
    Index("ix_sms_message_due", "state", "rank", "not_before", "id"),
)
"""``refused``: gateways that would not take it. ``round``: how often people had it sent again.

``shares``: it may travel with another one. ``carrier``: the message in whose text it travels, 0
for its own. ``told``: whoever asked for it knows how it ended, as far as anybody does.
"""

step_table = Table(
    "sms_step",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("message", ForeignKey("sms_message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("state", EnumValue(State), nullable=False),
    Column("gateway", String(32), nullable=False),
    Column("code", String(64), nullable=False),
    Column("detail", String(300), nullable=False),
    Column("by", String(64), nullable=False),
)
part_table = Table(
    "sms_part",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("message", ForeignKey("sms_message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("gateway", String(32), nullable=False),
    Column("reference", String(120), nullable=False),
    Column("fate", EnumValue(Fate)),
    Column("code", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_sms_part_reference", "reference", "gateway"),
)
early_table = Table(
    "sms_early",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("gateway", String(32), nullable=False),
    Column("reference", String(120), nullable=False, index=True),
    Column("fate", EnumValue(Fate), nullable=False),
    Column("code", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("received", UTCDateTime, nullable=False, index=True),
    Column("number", String(32), nullable=False, server_default=""),
)
"""Receipts that came before it was stored what they are about."""

sender_table = Table(
    "sms_sender",
    metadata,
    Column("owner", String(80), primary_key=True),
    Column("beat", Integer, nullable=False),
)
"""Processes that send. One whose ``beat`` stands still is dead, whatever any clock says."""

pace_table = Table(
    "sms_pace",
    metadata,
    Column("gateway", String(32), primary_key=True),
    Column("left", Float, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)
"""How many messages each gateway may take at ``at``, for all processes together."""

moved_table = Table(
    "sms_moved",
    metadata,
    Column("message", BigId, primary_key=True, autoincrement=False),
    Column("gone", BigId, primary_key=True, autoincrement=False),
    Column("kept", BigId, nullable=False),
)
"""Messages that changed their patient by a merge, so that it can be undone."""
