"""What roles may be allowed to do with messages."""

from __future__ import annotations

from careline.hooks import Permission

EVERYBODY = ("agent", "leader", "manager")

PERMISSIONS = (
    Permission(name="sms.send", title="Send messages to single patients", roles=EVERYBODY),
    Permission(name="sms.view", title="See the messages of everybody", roles=("leader", "manager")),
    Permission(name="sms.group", title="Write group messages", roles=("leader", "manager")),
    Permission(
        name="sms.approve", title="Approve group messages and templates", roles=("manager",)
    ),
    Permission(name="sms.templates", title="Write message templates", roles=("leader", "manager")),
    Permission(name="sms.book", title="Keep the address book", roles=("leader", "manager")),
)
