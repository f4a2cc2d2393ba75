"""Agents, their skills, and the log of their states."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from careline.agents.model import Agent, AgentStatus, Phone, Reason, Skill, State
from careline.errors import Conflict, NotFound
from careline.storage import BigId, EnumValue, Tx, UTCDateTime, metadata

agent_table = Table(
    "agent",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("phone", String(64), nullable=False),
    Column("browser_phone", String(64), nullable=False),
    Column("campus", String(32), nullable=False),
    Column("team", String(64), nullable=False),
    Column("pin_hash", String(200), nullable=False),
    Column("active", Boolean, nullable=False),
)

phone_table = Table(
    "phone",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("secret", String(64), nullable=False),
    Column("webrtc", Boolean, nullable=False),
    Column("outside", Boolean, nullable=False),
)

skill_table = Table(
    "agent_skill",
    metadata,
    Column("agent_id", String(8), ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column("queue", String(64), primary_key=True),
    Column("level", Integer, nullable=False),
)

state_table = Table(
    "agent_state",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("agent_id", String(8), ForeignKey("agent.id", ondelete="CASCADE"), nullable=False),
    Column("state", EnumValue(State), nullable=False),
    Column("reason", EnumValue(Reason), nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("ended", UTCDateTime),
    Column("phone", String(64), nullable=False),
    Column("call_id", String(64), nullable=False),
    Column("afterwards", EnumValue(State), nullable=False),
    Column("afterwards_reason", EnumValue(Reason), nullable=False),
    Column("until", UTCDateTime),
    Index("ix_agent_state_agent_id_since", "agent_id", "since"),
)


def add_agent(tx: Tx, agent: Agent) -> None:
    """Store a new agent with its skills; Conflict when the number is taken."""
    if get_agent(tx, agent.id):
        raise Conflict("agent.exists", "there is an agent {agent} already", agent=agent.id)
    tx.execute(insert(agent_table).values(id=agent.id, **_values(agent)))
    _put_skills(tx, agent)


def change_agent(tx: Tx, agent: Agent) -> None:
    """Store the agent as it is now, skills included; NotFound when there is none."""
    changed = tx.execute(
        update(agent_table).where(agent_table.c.id == agent.id).values(_values(agent))
    )
    if changed.rowcount == 0:
        raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent.id)
    tx.execute(delete(skill_table).where(skill_table.c.agent_id == agent.id))
    _put_skills(tx, agent)


def _values(agent: Agent) -> dict[str, object]:
    return {
        "name": agent.name,
        "phone": agent.phone,
        "browser_phone": agent.browser_phone,
        "campus": agent.campus,
        "team": agent.team,
        "pin_hash": agent.pin_hash,
        "active": agent.active,
    }


def _put_skills(tx: Tx, agent: Agent) -> None:
    rows = [
        {"agent_id": agent.id, "queue": skill.queue, "level": skill.level} for skill in agent.skills
    ]
    if rows:
        tx.execute(insert(skill_table).values(rows))


def get_agent(tx: Tx, agent_id: str) -> Agent | None:
    """The agent with that number."""
    return next((agent for agent in list_agents(tx) if agent.id == agent_id), None)


def list_agents(tx: Tx) -> list[Agent]:
    """All agents by number, with their skills."""
    skills: dict[str, list[Skill]] = {}
    for row in tx.all(select(skill_table).order_by(skill_table.c.level, skill_table.c.queue)):
        skills.setdefault(row.agent_id, []).append(Skill(queue=row.queue, level=row.level))
    return [
        Agent(
            id=row.id,
            name=row.name,
            phone=row.phone,
            browser_phone=row.browser_phone,
            campus=row.campus,
            team=row.team,
            pin_hash=row.pin_hash,
            skills=tuple(skills.get(row.id, ())),
            active=row.active,
        )
        for row in tx.all(select(agent_table).order_by(agent_table.c.id))
    ]


def put_phone(tx: Tx, phone: Phone) -> None:
    """Store a phone, new or with another secret."""
    values = {"secret": phone.secret, "webrtc": phone.webrtc, "outside": phone.outside}
    changed = update(phone_table).where(phone_table.c.name == phone.name).values(values)
    if tx.execute(changed).rowcount == 0:
        tx.execute(insert(phone_table).values(name=phone.name, **values))


def list_phones(tx: Tx) -> list[Phone]:
    """All phones by name."""
    rows = tx.all(select(phone_table).order_by(phone_table.c.name))
    return [
        Phone(name=row.name, secret=row.secret, webrtc=row.webrtc, outside=row.outside)
        for row in rows
    ]


def log_state(tx: Tx, status: AgentStatus) -> None:
    """Write a new state down and end the one before; safe to repeat."""
    last = _last(tx, status.agent)
    if last and _status(last) == status:
        return
    tx.execute(
        update(state_table)
        .where(state_table.c.agent_id == status.agent, state_table.c.ended.is_(None))
        .values(ended=status.since)
    )
    tx.execute(
        insert(state_table).values(
            agent_id=status.agent,
            state=status.state,
            reason=status.reason,
            since=status.since,
            phone=status.phone,
            call_id=status.call,
            afterwards=status.afterwards,
            afterwards_reason=status.afterwards_reason,
            until=status.until,
        )
    )


def _last(tx: Tx, agent_id: str) -> Row[tuple[object, ...]] | None:
    newest = (
        select(state_table)
        .where(state_table.c.agent_id == agent_id)
        .order_by(state_table.c.id.desc())
        .limit(1)
    )
    return tx.one(newest)


def _status(row: Row[tuple[object, ...]]) -> AgentStatus:
    values = row._mapping
    return AgentStatus(
        agent=values["agent_id"],
        state=values["state"],
        reason=values["reason"],
        since=values["since"],
        phone=values["phone"],
        call=values["call_id"],
        afterwards=values["afterwards"],
        afterwards_reason=values["afterwards_reason"],
        until=values["until"],
    )


def current_states(tx: Tx) -> dict[str, AgentStatus]:
    """The state each agent was last in, by agent number."""
    rows = tx.all(select(state_table).where(state_table.c.ended.is_(None)))
    return {row.agent_id: _status(row) for row in rows}


def state_log(tx: Tx, agent_id: str, since: datetime) -> list[AgentStatus]:
    """An agent's states that began at or after ``since``, oldest first."""
    rows = tx.all(
        select(state_table)
        .where(state_table.c.agent_id == agent_id, state_table.c.since >= since)
        .order_by(state_table.c.id)
    )
    return [_status(row) for row in rows]


def set_pin(tx: Tx, agent_id: str, pin_hash: str) -> None:
    """Give an agent a phone PIN (already hashed)."""
    agent = get_agent(tx, agent_id)
    if agent is None:
        raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent_id)
    change_agent(tx, evolve(agent, pin_hash=pin_hash))
