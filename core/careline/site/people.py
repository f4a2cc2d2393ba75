"""Agents and their phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from careline.agents import store
from careline.agents.model import Agent, Phone, Skill
from careline.asterisk.model import new_secret
from careline.campuses.store import list_campuses
from careline.errors import Invalid, NotFound
from careline.queues.store import list_queues
from careline.site.made import CAMPUS, QUEUE, made, unknown
from careline.storage import Tx


def known_agent(tx: Tx, number: str) -> Agent:
    """The agent with that number, else NotFound."""
    found = store.get_agent(tx, number)
    if found is None:
        raise NotFound("agent.unknown", "there is no agent {agent}", agent=number)
    return found


def add_agent(tx: Tx, values: Mapping[str, Any]) -> Agent:
    """Store a new agent, with phones that are made when there are none of those names."""
    agent = _checked(tx, values)
    store.add_agent(tx, agent)
    _make_phones(tx, agent)
    return agent


def change_agent(tx: Tx, number: str, changes: Mapping[str, Any]) -> Agent:
    """Store an agent with some values changed; NotFound when there is none."""
    old = attrs.asdict(known_agent(tx, number), recurse=False)
    agent = _checked(tx, {**old, **changes})
    store.change_agent(tx, agent)
    _make_phones(tx, agent)
    return agent


def parse_skills(queues: Sequence[str]) -> tuple[Skill, ...]:
    """Skills from ``queue`` or ``queue:level`` each; Invalid for a level that is none."""
    skills = []
    for text in queues:
        queue, _colon, level = text.partition(":")
        if level and not (level.isdigit() and 1 <= int(level) <= 9):
            raise Invalid("agent.level", "{text}: the level is 1 to 9", text=text, field="skills")
        skills.append(Skill(queue=queue, level=int(level or 1)))
    return tuple(skills)


def _checked(tx: Tx, values: Mapping[str, Any]) -> Agent:
    wanted = [skill.queue for skill in values.get("skills", ())]
    campuses = [one.id for one in list_campuses(tx)]
    problems = [
        *unknown(CAMPUS, [values.get("campus", "")], campuses, "campus"),
        *unknown(QUEUE, wanted, [one.id for one in list_queues(tx)], "skills"),
    ]
    return made(Agent, values, problems)


def _make_phones(tx: Tx, agent: Agent) -> None:
    """Phones of those names with new secrets, unless they are there."""
    there = {one.name for one in store.list_phones(tx)}
    for name, webrtc in ((agent.phone, False), (agent.browser_phone, True)):
        if name and name not in there:
            values = {"name": name, "secret": new_secret(), "webrtc": webrtc}
            store.put_phone(tx, made(Phone, values))


def find_phone(tx: Tx, name: str) -> Phone:
    """The phone of that name, or of the agent with that number; else NotFound."""
    phones = {one.name: one for one in store.list_phones(tx)}
    owner = store.get_agent(tx, name)
    found = phones.get(name) or phones.get(owner.phone if owner else "")
    if found is None:
        raise NotFound(
            "phone.unknown",
            "there is no phone {name}; there are: {known}",
            name=name,
            known=[*phones],
        )
    return found


def renew_phone(tx: Tx, phone: Phone, *, secret: bool, webrtc: bool | None = None) -> Phone:
    """Store a phone with a new secret, or as a browser's or a desk phone."""
    changed = attrs.evolve(
        phone,
        secret=new_secret() if secret else phone.secret,
        webrtc=phone.webrtc if webrtc is None else webrtc,
    )
    store.put_phone(tx, changed)
    return changed
