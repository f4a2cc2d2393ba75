"""What the pages write into the audit log, and what these deeds are called."""

from __future__ import annotations

from careline.hooks import Act

ACTS = (
    Act(name="sms.sent", title="message sent"),
    Act(name="sms.looked", title="message looked at"),
    Act(name="sms.search", title="messages searched"),
    Act(name="sms.resent", title="message sent again"),
    Act(name="sms.withdrawn", title="message withdrawn"),
    Act(name="sms.released", title="message approved"),
    Act(name="sms.group", title="group message written"),
    Act(name="sms.group_approved", title="group message approved"),
    Act(name="sms.group_refused", title="group message refused"),
    Act(name="sms.group_withdrawn", title="group message withdrawn"),
    Act(name="sms.template", title="message template changed"),
    Act(name="sms.template_approved", title="message template approved"),
    Act(name="sms.template_rejected", title="message template given back"),
    Act(name="sms.book", title="address book changed"),
    Act(name="sms.console", title="messages of the demonstration looked at"),
    Act(name="sms", title="message"),
    Act(name="sms_contact", title="entry of the address book"),
    Act(name="sms_template", title="template of messages"),
)
