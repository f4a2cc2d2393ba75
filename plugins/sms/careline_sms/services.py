"""What the parts of the plugin are given."""

from __future__ import annotations

from attrs import frozen

from careline.plugins import Core
from careline_sms.config import SmsConfig
from careline_sms.sending.lines import Lines
from careline_sms.service import Messages
from careline_sms.templating.service import Templates


@frozen(kw_only=True)
class Services:
    """The core, the configuration, and the verbs."""

    core: Core
    config: SmsConfig
    messages: Messages
    templates: Templates
    gateways: Lines
