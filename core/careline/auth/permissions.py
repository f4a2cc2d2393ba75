"""What the core's roles may be allowed to do, and the roles that a new house begins with."""

from __future__ import annotations

from collections.abc import Mapping

from careline.auth.model import ADMIN, Role, Scope
from careline.i18n import Text

#: The core's permissions in the order of the roles page; a plugin adds its own by a hook.
CORE: Mapping[str, Text] = {
    "desk.use": Text("Work at the desk: take and make calls"),
    "calls.view": Text("See calls"),
    "calls.dial": Text("Dial outside numbers"),
    "recordings.play": Text("Listen to recordings and messages"),
    "patients.view": Text("See patients"),
    "patients.edit": Text("Change patients"),
    "patients.reveal": Text("See full numbers of patients"),
    "patients.import": Text("Import patients"),
    "patients.export": Text("Export patients"),
    "patients.merge": Text("Merge patients"),
    "patients.erase": Text("Erase patients for good"),
    "board.view": Text("See the board"),
    "agents.steer": Text("Steer agents: force a state"),
    "calls.steer": Text("Steer calls: listen, whisper, barge in, intercept, release"),
    "outbound.view": Text("See outbound calls"),
    "outbound.steer": Text("Stop and withdraw outbound calls"),
    "lists.edit": Text("Change number lists: blocked, VIP, not contacted"),
    "site.edit": Text("Change campuses, numbers, trunks and queues"),
    "people.edit": Text("Change agents and phones"),
    "users.edit": Text("Change users, roles and grants"),
    "dispositions.edit": Text("Change dispositions"),
    "prompts.edit": Text("Change prompts"),
    "plugins.edit": Text("Switch plugins on and off"),
    "jobs.edit": Text("Retry and drop parked jobs"),
    "health.view": Text("See health and alarms"),
    "audit.view": Text("Read the audit log"),
    "settings.edit": Text("Change settings"),
}

#: Those that make an account worth a second factor (outside the demonstration).
GUARDED = frozenset({"users.edit", "settings.edit", "plugins.edit", "audit.view"})

_OWN, _GROUP, _CAMPUS, _ALL = Scope.OWN, Scope.GROUP, Scope.CAMPUS, Scope.ALL

_AGENT: Mapping[str, Scope] = {
    "desk.use": _OWN,
    "calls.view": _OWN,
    "calls.dial": _OWN,
    "recordings.play": _OWN,
    "patients.view": _ALL,
    "patients.edit": _ALL,
    "patients.reveal": _ALL,
}
_LEADER: Mapping[str, Scope] = {
    **_AGENT,
    "calls.view": _GROUP,
    "recordings.play": _GROUP,
    "patients.merge": _ALL,
    "board.view": _GROUP,
    "agents.steer": _GROUP,
    "calls.steer": _GROUP,
    "outbound.view": _ALL,
    "outbound.steer": _ALL,
    "lists.edit": _ALL,
    "health.view": _ALL,
}
_MANAGER: Mapping[str, Scope] = {
    "calls.view": _ALL,
    "recordings.play": _ALL,
    "patients.view": _ALL,
    "patients.export": _ALL,
    "board.view": _ALL,
    "outbound.view": _ALL,
    "outbound.steer": _ALL,
    "lists.edit": _ALL,
    "dispositions.edit": _ALL,
    "prompts.edit": _ALL,
    "health.view": _ALL,
}

#: Roles of a new house; each can be changed, but the administrators' holds everything for good.
ROLES: tuple[Role, ...] = (
    Role(name="agent", title="坐席", title_en="Agent", grants=_AGENT),
    Role(name="leader", title="班长", title_en="Shift leader", grants=_LEADER),
    Role(name="manager", title="管理者", title_en="Manager", grants=_MANAGER),
    Role(name=ADMIN, title="管理员", title_en="Administrator", grants=dict.fromkeys(CORE, _ALL)),
    Role(
        name="auditor",
        title="审计员",
        title_en="Auditor",
        grants={"audit.view": _ALL, "calls.view": _ALL, "health.view": _ALL},
    ),
)

#: The password of the demonstration's accounts, which come in on this machine only.
DEMO_PASSWORD = "careline-demo"  # noqa: S105  everybody may know it
