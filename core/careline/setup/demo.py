"""The demonstration hospital: two campuses, three queues, three agents, lines for calls."""

from __future__ import annotations

from careline.agents.model import Agent, Phone, Skill
from careline.agents.store import add_agent, list_agents, list_phones, put_phone
from careline.asterisk.model import new_secret
from careline.auth.model import ADMIN, User
from careline.auth.passwords import quick_hash
from careline.auth.people import add_user
from careline.auth.permissions import DEMO_PASSWORD
from careline.auth.sessions import Credentials
from careline.auth.store import list_users, put_credentials
from careline.campuses.hours import parse_hours
from careline.campuses.model import Campus, Trunk
from careline.campuses.store import list_campuses, put_campus, put_trunk
from careline.ivr.routes import Dnis
from careline.ivr.store import put_dnis
from careline.numbers import NumberRules
from careline.queues.model import Queue
from careline.queues.store import add_queue, list_queues
from careline.storage import Tx

CAMPUS = Campus(
    id="main",
    title="总院",
    title_en="Main campus",
    area_code="010",
    hours=parse_hours("mon-sun 00:00-24:00"),
    keeps_holidays=False,
)
EAST = Campus(
    id="east",
    title="东院",
    title_en="East campus",
    area_code="010",
    hours=parse_hours("mon-sun 00:00-24:00"),
    keeps_holidays=False,
)
#: The scripted caller's address: a loopback address of its own tells it from phones of the house.
CALLER_HOST = "127.0.0.2"
TRUNK = Trunk(
    id="demo",
    title="演示中继",
    host=CALLER_HOST,
    campus="main",
    rules=NumberRules(area_code=CAMPUS.area_code),
)
NUMBER = "4001234567"
QUEUES = (
    Queue(id="service", title="综合服务", title_en="Service", campus="main"),
    Queue(
        id="appointments",
        title="预约挂号",
        title_en="Appointments",
        campus="main",
        overflow="service",
        overflow_s=45,
        last_agent_s=15,
    ),
    Queue(id="complaints", title="投诉建议", title_en="Complaints", campus="main"),
)
PEOPLE = (
    ("8001", "李敏", "1001", ("service", "appointments")),
    ("8002", "王芳", "1002", ("service", "appointments", "complaints")),
    ("8003", "张伟", "1003", ("complaints", "service")),
)
TEAM = "话务一组"
#: Accounts: who signs in, and as what; 张伟 leads the shift and takes calls too.
ACCOUNTS = (
    User(login="8001", name="李敏", agent="8001", campus="main", roles=("agent",), demo=True),
    User(login="8002", name="王芳", agent="8002", campus="main", roles=("agent",), demo=True),
    User(login="leader", name="张伟", agent="8003", campus="main", roles=("leader",), demo=True),
    User(login=ADMIN, name="管理员", roles=(ADMIN,), demo=True),
)
#: The phone in the browser of each of them, beside the one on the desk.
BROWSER_PHONES = {agent: str(int(phone) + 100) for agent, _, phone, _ in PEOPLE}
#: The phone page's, from which somebody outside calls the hotline in a browser.
PATIENT_PHONE = "patient"
ROUTES = tuple(
    Dnis(number=number, campus="main", open="main", holiday="holiday", title="演示")
    for number in (NUMBER, "*")
)


def put_demo(tx: Tx) -> bool:
    """Store the demonstration hospital in an empty database; False when there is a campus."""
    if list_campuses(tx):
        return False
    put_campus(tx, CAMPUS)
    put_campus(tx, EAST)
    put_trunk(tx, TRUNK)
    for queue in QUEUES:
        if queue.id not in {known.id for known in list_queues(tx)}:
            add_queue(tx, queue)
    _put_phones(tx)
    agents = {agent.id for agent in list_agents(tx)}
    for number, name, phone, queues in PEOPLE:
        if number not in agents:
            add_agent(tx, _agent(number, name, phone, queues))
    for route in ROUTES:
        put_dnis(tx, route)
    _put_accounts(tx)
    return True


def _put_accounts(tx: Tx) -> None:
    """Accounts whose password everybody knows; they are served on this machine alone."""
    if list_users(tx):
        return
    known = Credentials(password_hash=quick_hash(DEMO_PASSWORD))
    for user in ACCOUNTS:
        put_credentials(tx, add_user(tx, user).id, known)


def _put_phones(tx: Tx) -> None:
    """Each phone once, with a secret of its own."""
    there = {phone.name for phone in list_phones(tx)}
    wanted = [(phone, False, False) for _, _, phone, _ in PEOPLE]
    wanted += [(phone, True, False) for phone in BROWSER_PHONES.values()]
    for name, webrtc, outside in (*wanted, (PATIENT_PHONE, True, True)):
        if name not in there:
            put_phone(tx, Phone(name=name, secret=new_secret(), webrtc=webrtc, outside=outside))


def _agent(number: str, name: str, phone: str, queues: tuple[str, ...]) -> Agent:
    skills = tuple(Skill(queue=queue, level=level) for level, queue in enumerate(queues, 1))
    return Agent(
        id=number,
        name=name,
        phone=phone,
        browser_phone=BROWSER_PHONES[number],
        campus="main",
        team=TEAM,
        skills=skills,
    )
