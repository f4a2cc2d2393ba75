"""Whom the hospital calls by itself: the services for it, built upon the others."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from careline.outbound import store
from careline.outbound.dialler import Dialler
from careline.outbound.footing import Footing
from careline.outbound.rules import Retries
from careline.outbound.service import Outbound
from careline.outbound.through import ThroughQueue
from careline.outbound.ways import Figures, Ways
from careline.outreach import store as outreach_store
from careline.patients.held import Held
from careline.storage.ageing import Ageing

if TYPE_CHECKING:
    from careline.app.services import Services


def outbound_of(app: Services) -> Outbound:
    """Tasks to call somebody."""
    own = app.settings.outbound
    retries = Retries(
        busy=timedelta(minutes=own.busy_min),
        no_answer=timedelta(minutes=own.no_answer_min),
        tries=own.tries,
    )

    def zone(campus: str) -> tzinfo:
        known = app.campuses.directory.campuses.get(campus)
        return ZoneInfo(known.timezone) if known else app.campuses.zone()

    app.patients.hold(Held(name="outbound", rows=store.rows_of, forget=store.forget_patients))
    return Outbound(app.db, app.clock, app.hub, app.outreach, retries, app.queues_of, zone)


def ageing_of(app: Services) -> list[Ageing]:
    """How long decisions about contacts and tasks that are over are kept."""
    ageing, own = partial(Ageing, app.clock, app.tasks, app.db), app.settings
    return [
        ageing(own.outreach.keep_days, "decisions about contacts", outreach_store.remove_before),
        ageing(own.outbound.keep_days, "outbound tasks", store.remove_before),
    ]


def through_of(app: Services) -> ThroughQueue:
    """Calls for which an agent answers first: callbacks and progressive tasks."""
    ways = Ways(
        trunk=app.routing.trunk_for,
        cleared=app.routing.cleared,
        shown=app.routing.shown_number,
        # Built later than this.
        marks=lambda call, number: app.recorder.marks_dialled(call, number),
        dial=lambda agent, number, patient, call: app.callcontrol.dial(
            agent, number, "", patient, call
        ),
        skills=app.queues_of,
    )
    return ThroughQueue(app.clock, app.switch, app.calls, app.agents, ways)


def dialler_of(app: Services) -> Dialler:
    """What makes the calls of tasks."""
    own = app.settings.outbound
    footing = Footing(
        clock=app.clock,
        tasks=app.tasks,
        db=app.db,
        calls=app.calls,
        outbound=app.outbound,
        node=app.settings.core.node,
    )
    figures = Figures(lines=own.lines, ring_s=own.ring_s, listens=own.machine_detection)
    return Dialler(footing, app.hub, app.book, app.switch, app.through, figures)
