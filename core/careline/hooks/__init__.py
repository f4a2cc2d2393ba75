"""Hooks: how the core talks to plugins and plugins to each other, and survives their failures."""

from careline.hooks.breaker import State
from careline.hooks.hub import Gathered, Hub
from careline.hooks.kinds import Kind, Spec, asks, event, gathers, hook, on_failure, provides
from careline.hooks.values import (
    Command,
    Delivery,
    ExportPart,
    HealthCheck,
    JobHandler,
    Level,
    LookUp,
    OutboundMessage,
    Page,
    Panel,
    Permission,
    Refusal,
    Report,
    Schedule,
    Setting,
    Slot,
    SpokenText,
    TimelineEntry,
)
from careline.hooks.watch import HookState

__all__ = [
    "Command",
    "Delivery",
    "ExportPart",
    "Gathered",
    "HealthCheck",
    "HookState",
    "Hub",
    "JobHandler",
    "Kind",
    "Level",
    "LookUp",
    "OutboundMessage",
    "Page",
    "Panel",
    "Permission",
    "Refusal",
    "Report",
    "Schedule",
    "Setting",
    "Slot",
    "Spec",
    "SpokenText",
    "State",
    "TimelineEntry",
    "asks",
    "event",
    "gathers",
    "hook",
    "on_failure",
    "provides",
]
