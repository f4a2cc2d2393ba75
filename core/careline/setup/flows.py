"""Flows checked and published from outside a core, against what the database knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from careline.clock import Clock
from careline.errors import CarelineError
from careline.ivr import store
from careline.ivr.book import FlowBook
from careline.ivr.check import Known, problems_of
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import NodeKind, kinds_by_name
from careline.ivr.parse import parse
from careline.ivr.service import Flows
from careline.prompts.store import current
from careline.queues.store import list_queues
from careline.storage import Database, Tx


def known_of(tx: Tx, kinds: Mapping[str, NodeKind] | None = None) -> Known:
    """Prompts, queues and flows of a site, which its flows may name.

    ``kinds`` are those of the core and of enabled plugins; the core's when None.
    """
    prompts: dict[str, set[str]] = {}
    for prompt in current(tx):
        prompts.setdefault(prompt.language, set()).add(prompt.name)
    return Known(
        kinds=kinds_by_name(CORE_KINDS) if kinds is None else kinds,
        prompts=prompts,
        queues={queue.id for queue in list_queues(tx)},
        flows=set(store.flow_names(tx)),
    )


def flows_of(db: Database, clock: Clock, known: Known) -> Flows:
    """The service for programs that are not the core."""
    return Flows(db, clock, FlowBook(clock=clock, kinds=known.kinds), lambda: known)


def published_problems(tx: Tx, kinds: Mapping[str, NodeKind]) -> list[CarelineError]:
    """What is wrong with the flows that new calls get, e.g. since a queue or prompt has gone."""
    known = known_of(tx, kinds)
    newest: Mapping[str, Mapping[str, Any]] = {
        one.flow: one.document for one in store.published(tx)
    }
    problems: list[CarelineError] = []
    for document in newest.values():
        flow, faults = parse(document, known.kinds)
        problems += faults
        if flow is not None:
            problems += problems_of(flow, known)
    return problems
