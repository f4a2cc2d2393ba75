"""What the set-up of this site means in Asterisk's files: phones, trunks, queues."""

from __future__ import annotations

from collections.abc import Iterable

from careline.agents.model import Agent, Phone
from careline.asterisk import model as asterisk
from careline.asterisk.dialplan import dialplan
from careline.campuses.model import Trunk
from careline.config import Settings
from careline.queues.model import FALLBACK, PERSONAL, Distribution, Queue, interface

STRATEGIES = {
    Distribution.LONGEST_IDLE: asterisk.Strategy.LONGEST_IDLE,
    Distribution.ROUND_ROBIN: asterisk.Strategy.ROUND_ROBIN,
    Distribution.FEWEST_CALLS: asterisk.Strategy.FEWEST_CALLS,
    Distribution.RING_ALL: asterisk.Strategy.RING_ALL,
}
TO_CALLER = "careline/agent"
STILL_BUSY = "careline/still-busy"
GUARD_S = 2


def switch_files(
    settings: Settings,
    phones: Iterable[Phone],
    agents: Iterable[Agent],
    trunks: Iterable[Trunk],
    queues: Iterable[Queue],
) -> asterisk.AsteriskFiles:
    """Everything that the generated configuration says."""
    own = settings.asterisk
    phones = tuple(phones)
    return asterisk.AsteriskFiles(
        node=settings.core.node,
        ami_secret=own.ami_secret.reveal(),
        ami_user=own.ami_user,
        dialplan=dialplan(settings.core.agi_port, settings.language, settings.core.agi_bind),
        ports=asterisk.Ports(
            sip=own.sip_port,
            ami=own.ami_port,
            http=own.http_port,
            rtp_low=own.rtp_first,
            rtp_high=own.rtp_last,
        ),
        bind=own.bind,
        phones=tuple(_phone(phone) for phone in phones),
        trunks=tuple(_trunk(trunk) for trunk in trunks if trunk.enabled),
        queues=(
            *(_queue(queue) for queue in queues),
            *(_personal(agent) for agent in agents),
            _fallback(phones),
        ),
    )


def _phone(phone: Phone) -> asterisk.Phone:
    context = asterisk.TRUNKS_CONTEXT if phone.outside else asterisk.PHONES_CONTEXT
    return asterisk.Phone(
        name=phone.name,
        secret=phone.secret,
        webrtc=phone.webrtc,
        context=context,
        trusted=phone.outside,
    )


def _trunk(trunk: Trunk) -> asterisk.Trunk:
    host, _, port = trunk.host.partition(":")
    return asterisk.Trunk(
        name=trunk.id, match=(host,), contact=f"sip:{host}:{port}" if port else f"sip:{host}"
    )


def _queue(queue: Queue) -> asterisk.QueueConf:
    return asterisk.QueueConf(
        name=queue.id,
        strategy=STRATEGIES[queue.distribution],
        ring_s=queue.ring_s,
        wrapup_s=min(queue.wrap_up_s, GUARD_S),
        weight=queue.weight,
        max_callers=queue.max_callers,
        service_level_s=queue.service_level_s,
        announcements=asterisk.Announcements(
            position=queue.announce_s > 0,
            hold_time=queue.announce_s > 0,
            frequency_s=queue.announce_s,
            periodic=(STILL_BUSY,),
            periodic_s=2 * queue.announce_s,
            to_caller=TO_CALLER,
        ),
    )


def _personal(agent: Agent) -> asterisk.QueueConf:
    """A queue of the agent's own: for the familiar agent first, and for transfers to a person."""
    return asterisk.QueueConf(
        name=PERSONAL + agent.id, announcements=asterisk.Announcements(to_caller=TO_CALLER)
    )


def _fallback(phones: Iterable[Phone]) -> asterisk.QueueConf:
    """The queue that works without a core: every phone of the house, in turn."""
    members = tuple(
        asterisk.Member(interface=interface(phone.name), name=phone.name)
        for phone in phones
        if not phone.outside
    )
    return asterisk.QueueConf(
        name=FALLBACK, strategy=asterisk.Strategy.ROUND_ROBIN, members=members
    )
