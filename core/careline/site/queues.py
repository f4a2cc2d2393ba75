"""Queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from careline.agents.store import list_agents
from careline.campuses.store import list_campuses
from careline.errors import CarelineError, NotFound, Refused
from careline.ivr.store import published
from careline.queues import store
from careline.queues.model import Distribution, Queue
from careline.site.made import CAMPUS, QUEUE, made, unknown
from careline.storage import Tx


def add_queue(tx: Tx, values: Mapping[str, Any]) -> Queue:
    """Store a new queue; Invalid with all problems, Conflict when the id is taken."""
    queue = _checked(tx, values)
    store.add_queue(tx, queue)
    return queue


def change_queue(tx: Tx, queue_id: str, changes: Mapping[str, Any]) -> Queue:
    """Store a queue with some values changed; NotFound when there is none."""
    old = store.get_queue(tx, queue_id)
    if old is None:
        raise NotFound("queue.unknown", "there is no queue {queue}", queue=queue_id)
    queue = _checked(tx, {**attrs.asdict(old, recurse=False), **changes})
    store.change_queue(tx, queue)
    return queue


def remove_queue(tx: Tx, queue_id: str) -> None:
    """Delete a queue; Refused with all that still uses it."""
    problems = _uses(tx, queue_id)
    if problems:
        raise Refused("queue.in_use", "queue {queue} is in use:", queue=queue_id, problems=problems)
    store.remove_queue(tx, queue_id)


def _checked(tx: Tx, values: Mapping[str, Any]) -> Queue:
    values = dict(values)
    if "distribution" in values:
        values["distribution"] = Distribution(values["distribution"])
    others = [one.id for one in store.list_queues(tx) if one.id != values["id"]]
    campuses = [one.id for one in list_campuses(tx)]
    problems = [
        *unknown(CAMPUS, [values.get("campus", "")], campuses, "campus"),
        *unknown(QUEUE, [values.get("overflow", "")], others, "overflow"),
    ]
    return made(Queue, values, problems)


def _uses(tx: Tx, queue_id: str) -> list[CarelineError]:
    """Agents, queues and flows that name the queue."""
    agents = [one.id for one in list_agents(tx) if queue_id in {s.queue for s in one.skills}]
    queues = [one.id for one in store.list_queues(tx) if one.overflow == queue_id]
    newest = {one.flow: one.document for one in published(tx)}
    flows = [name for name, flow in newest.items() if queue_id in queues_of(flow)]
    uses: list[CarelineError] = []
    if agents:
        uses.append(Refused("queue.agents", "agents that serve it: {names}", names=agents))
    if queues:
        uses.append(Refused("queue.overflow", "queues that flow over to it: {names}", names=queues))
    if flows:
        uses.append(Refused("queue.flows", "flows that lead to it: {names}", names=flows))
    return uses


def queues_of(flow: Mapping[str, Any]) -> set[Any]:
    """The queues that a flow's document leads to."""
    nodes = flow.get("nodes", {}).values()
    targets = {node.get("target") for node in nodes if node.get("to") == "queue"}
    return {node.get("queue") for node in nodes} | targets
