"""Gateways made of their settings."""

from __future__ import annotations

from careline.messaging.gateway import Gateway
from careline.plugins import Core
from careline_sms.gateways.cmpp import settings as cmpp_settings
from careline_sms.gateways.gammu.gateway import GammuGateway
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.http.aliyun import Aliyun
from careline_sms.gateways.http.door import Webhooks as Door
from careline_sms.gateways.http.gateway import HttpGateway
from careline_sms.gateways.http.generic import Generic
from careline_sms.gateways.http.kannel import Kannel
from careline_sms.gateways.http.provider import Provider
from careline_sms.gateways.http.tencent import Tencent
from careline_sms.gateways.http.twilio import Twilio
from careline_sms.gateways.settings import GatewaySettings, WebhookSettings
from careline_sms.gateways.smpp import settings as smpp_settings


class Webhooks(Door):
    """The port for pushes, built from what a plugin is given."""

    def __init__(self, core: Core, settings: WebhookSettings) -> None:
        super().__init__(ground_of(core), settings)


def ground_of(core: Core) -> Ground:
    """What gateways need of the core."""
    return Ground(core.reactor, core.clock, core.tasks)


def build_gateway(core: Core, name: str, settings: GatewaySettings, webhooks: Door) -> Gateway:
    """The gateway of a table; every kind but ``console``."""
    ground = ground_of(core)
    if settings.smpp is not None and settings.kind == "smpp":
        return smpp_settings.build(name, ground, settings.smpp)
    if settings.cmpp is not None and settings.kind == "cmpp":
        return cmpp_settings.build(name, ground, settings.cmpp)
    if settings.gammu is not None and settings.kind == "gammu":
        return GammuGateway(name, ground, settings.gammu, core.in_thread)
    token = settings.push_token.reveal() if settings.push_token else ""
    gateway = HttpGateway(
        name=name,
        provider=_provider(core, settings, webhooks.address(name, token, "receipts")),
        ground=ground,
        timeout_s=settings.own.timeout_s,
        room=settings.own.window,
    )
    webhooks.add(gateway, token)
    return gateway


def _provider(core: Core, settings: GatewaySettings, callback: str) -> Provider:
    if settings.kind == "aliyun":
        return Aliyun(settings.own, core.clock.now)
    if settings.kind == "tencent":
        return Tencent(settings.own, core.clock.now)
    if settings.kind == "twilio":
        return Twilio(settings.own, callback)
    if settings.kind == "kannel":
        return Kannel(settings.own, callback)
    return Generic(settings.own, lambda: core.clock.now().astimezone(core.campuses.zone()))
