"""Arguments for every hook of the core, as the core would pass them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from careline.agents.model import AgentStatus, Reason, State
from careline.calls.model import CallRecord, Direction
from careline.hooks import InboundMessage, OutboundMessage

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CALL = CallRecord(id="hq-1.1", direction=Direction.INBOUND, started=NOW, number="+8613800001111")
STATUS = AgentStatus(agent="1001", since=NOW)
PATIENT = {"patient_id": 7}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "call_started": {"call": CALL},
    "call_queued": {"call": CALL, "queue": "outpatient"},
    "call_answered": {"call": CALL, "agent": "1001"},
    "call_transferred": {"call": CALL, "agent": "1001", "target": "8001"},
    "agent_changed": {"before": STATUS, "after": STATUS},
    "patient_linked": {"call": CALL, **PATIENT},
    "call_ended": {"call_id": CALL.id},
    "recording_ready": {"call_id": CALL.id, "recording_id": "r-1"},
    "message_settled": {"message_id": "m-1", "delivered": True},
    "message_unwanted": {"message_id": "m-1"},
    "outbound_released": {"key": "followup:1"},
    "outbound_settled": {"key": "followup:1", "outcome": "answered"},
    "patients_merged": {"kept": 7, "gone": 8},
    "patients_unmerged": {"kept": 7, "gone": 8},
    "erase_patient": PATIENT,
    "route_call": {"call": CALL},
    "overflow": {"call": CALL, "queue": "outpatient", "waited_s": 90},
    "after_call": {"call": CALL},
    "record_call": {"call": CALL, "agent": "1001"},
    "load_patient": {"campus": "hq", "number": CALL.number},
    "deliver": {
        "message": OutboundMessage(id="m-1", channel="test", to="+8613800001111", text="你好")
    },
    "message_replied": {
        "reply": InboundMessage(
            about="m-1", channel="test", number="+8613800001111", text="5", at=NOW
        )
    },
    "may_dial": {"agent": "1001", "number": "110"},
    "number_behind": {"shown": "every_hook:7", "visit": None},
    "may_change_state": {"now": STATUS, "state": State.NOT_READY, "reason": Reason.BREAK},
    "find_patients": {"text": "zhang", "campus": "hq"},
    "patient_timeline": PATIENT,
    "export_patient": PATIENT,
    "health": {},
}
