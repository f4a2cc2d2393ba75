"""The core's own pages, each built from the services it needs; one entry for each.

The name is that of its package in ``pages/``; each is a hooks object like a plugin's.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

from careline.app.applying import Applying
from careline.app.operating import operations
from careline.auth.model import Subject
from careline.campuses.listing import NumberLists
from careline.figures.model import Kind
from careline.i18n import Text
from careline.numbers import Places
from careline.outbound.guard import Guard
from careline.outreach.listing import Refusals
from careline.outreach.names import Names
from careline.pages.audit.hooks import AuditPages
from careline.pages.board.built import board
from careline.pages.board.hooks import BoardHooks
from careline.pages.calls.hooks import CallPages
from careline.pages.desk.hooks import DeskPages
from careline.pages.dispositions.hooks import DispositionPages
from careline.pages.find.finding import Finder, PageFinder
from careline.pages.find.hooks import FindPages
from careline.pages.help.documents import Documents
from careline.pages.help.hooks import HelpPages
from careline.pages.help.routes import HelpRoutes
from careline.pages.home.hooks import HomePages
from careline.pages.lists.hooks import ListHooks
from careline.pages.outbound.agents import AgentRoutes
from careline.pages.outbound.hooks import OutboundPages
from careline.pages.outbound.routes import OutboundRoutes
from careline.pages.outreach.hooks import OutreachPages
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.finding import PatientFinder
from careline.pages.patients.hooks import PatientPages
from careline.pages.people.hooks import PeoplePages
from careline.pages.phone.hooks import PhonePages
from careline.pages.phone.patient import Trial
from careline.pages.prompts.hooks import PromptHooks
from careline.pages.prompts.recording import RecordingRoutes
from careline.pages.prompts.routes import PromptRoutes
from careline.pages.reports.calls import CallReport
from careline.pages.reports.hooks import ReportPages
from careline.pages.signin.hooks import SignInPages
from careline.pages.site.hooks import SitePages
from careline.pages.users.hooks import UserPages
from careline.prompts.announce import announce
from careline.queues.model import interface
from careline.setup.demo import NUMBER, PATIENT_PHONE
from careline.setup.demo_patients import CALLERS
from careline.web import Visit

if TYPE_CHECKING:
    from careline.app.life import App
    from careline.app.workspace import Workspace


def core_pages(app: App, workspace: Workspace) -> Iterator[tuple[str, object]]:
    """The core's own pages by name: each a hooks object like a plugin's."""
    yield "signin", SignInPages(app.auth, app.entrance)
    yield "users", _users(app, workspace)
    yield "audit", AuditPages(app.audit)
    yield "operations", operations(app)
    yield "prompts", _prompts(app)
    yield "lists", ListHooks(NumberLists(app.campuses, app.clock))
    refusals = Refusals(app.outreach, app.db, app.campuses, app.clock)
    yield "outreach", OutreachPages(refusals, app.patients, names_of(app))
    yield "board", _board(app)
    yield "phone", _phone(app, workspace)
    desk = _desk(app, workspace)
    yield "desk", desk
    yield from _work(app, workspace)
    yield from _set_up(app)
    yield "reports", _reports(app)
    yield "patients", PatientPages(_patient_desk(app), app.tasks)
    finders = [
        Finder(Text("Colleagues"), desk.colleagues.find),
        Finder(Text("Patients"), PatientFinder(app.patients).find),
        Finder(Text("Pages"), PageFinder(lambda visit: workspace.shell.look.rail(visit)).find),
    ]
    yield "find", FindPages(clock=app.clock, finders=finders)
    yield "help", HelpPages(HelpRoutes(Documents(), app.offers.plugin_of))


def names_of(app: App) -> Names:
    """What purposes of contacts and plugins are called."""
    installed = app.plugins.catalog.plugins
    return Names(app.hub.purposes, lambda: {name: one.title for name, one in installed.items()})


def _users(app: App, workspace: Workspace) -> UserPages:
    """Accounts, roles and temporary grants."""
    return UserPages(
        auth=app.auth,
        accounts=app.accounts,
        campuses=app.campuses,
        agents=lambda: app.routing.agents,
        titles=workspace.permissions,
        address=workspace.address,
    )


def _board(app: App) -> BoardHooks:
    """The leader's board and the wallboards."""
    return board(
        lines=app.lines,
        figures=app.figures,
        calls=app.calls,
        agents=app.agents,
        control=app.callcontrol,
        queues=lambda: app.routing.queues,
        campuses=lambda: app.campuses.directory.campuses,
        subject=app.auth.subject,
        wallboards=app.wallboards,
        trunks=lambda: app.routing.trunks,
        alarms=app.alarms,
    )


def _phone(app: App, workspace: Workspace) -> PhonePages:
    """The phone in the browser: the agent's, and a patient's to try things with."""
    return PhonePages(
        agents=app.agents,
        phones=lambda: app.routing.phones,
        socket=workspace.socket,
        trial=Trial(
            phone=PATIENT_PHONE,
            hotline=NUMBER,
            callers=CALLERS,
            local=ip_address(app.settings.web.bind).is_loopback,
        ),
    )


def _desk(app: App, workspace: Workspace) -> DeskPages:
    """The phone bar, the call page and the wrap-up strip."""
    return DeskPages(
        agents=app.agents,
        auth=app.auth,
        callbacks=app.callbacks,
        calls=app.calls,
        clock=app.clock,
        control=app.callcontrol,
        desk=app.desk,
        dispositions=app.dispositions,
        hub=app.hub,
        in_thread=app.in_thread,
        number_of=app.patients.number_of,
        panels=workspace.panels,
        phones=lambda: app.routing.phones,
        tells_listening=app.settings.board.tell_agents,
        presence=app.presence,
        routing=app.routing,
        wishes=app.wishes,
    )


def _work(app: App, workspace: Workspace) -> Iterator[tuple[str, object]]:
    """Where agents work beside the desk: my day, calls, and what calls are about."""

    def titles(language: str) -> dict[str, str]:
        queues = app.routing.queues.values()
        return {
            one.id: one.title_en if language == "en" and one.title_en else one.title
            for one in queues
        }

    yield (
        "home",
        HomePages(
            db=app.db,
            clock=app.clock,
            agents=app.agents,
            callbacks=app.callbacks,
            voicemail=app.voicemail,
            figures=app.figures,
            dispositions=app.dispositions,
            queues_of=app.queues_of,
            queue_titles=titles,
            events=workspace.events,
        ),
    )
    yield (
        "calls",
        CallPages(
            db=app.db,
            clock=app.clock,
            agents=app.agents,
            auth=app.auth,
            desk=app.desk,
            dispositions=app.dispositions,
            routing=app.routing,
            patients=app.patients,
            campuses=lambda: app.campuses.directory.campuses,
        ),
    )
    yield (
        "outbound",
        OutboundPages(
            AgentRoutes(app.outbound, app.dialler, app.clock, app.queues_of, names_of(app)),
            OutboundRoutes(
                app.outbound,
                app.db,
                lambda: app.campuses.directory.campuses,
                titles,
                names_of(app),
            ),
            Guard(app.db, app.clock, app.allow, app.campuses.zone),
        ),
    )
    yield "dispositions", DispositionPages(dispositions=app.dispositions, clock=app.clock)


def _patient_desk(app: App) -> PatientDesk:
    def agent(number: str) -> str:
        known = app.routing.agents.get(number)
        return f"{number} {known.name}" if known else number

    return PatientDesk(
        patients=app.patients,
        moving=app.moving,
        linking=app.linking,
        places=Places(app.in_thread),
        db=app.db,
        campuses=lambda: app.campuses.directory.campuses,
        call=app.calls.get,
        find=app.desk.find,
        sees=app.desk.sees,
        subject=app.auth.subject,
        agent=agent,
        disposition=lambda code, language: app.dispositions.tree.titled(code, language),
    )


def _set_up(app: App) -> Iterator[tuple[str, object]]:
    """Pages that change the set-up, and let Asterisk and the core take it up."""

    async def reload() -> None:
        await app.routing.load()
        await app.auth.load()

    apply = Applying(app.settings, app.db, app.in_thread, reload)
    yield "site", SitePages(db=app.db, apply=apply, campuses=app.campuses, staff=app.routing)
    yield (
        "people",
        PeoplePages(
            db=app.db,
            apply=apply,
            campuses=app.campuses,
            people=app.routing,
            states=app.agents,
            settings=app.settings,
            in_thread=app.in_thread,
            announce=lambda number: announce(app.prompts, [number]),
        ),
    )


def _reports(app: App) -> ReportPages:
    """The core's report of calls, then those of plugins as they come and go."""

    def names(kind: Kind, language: str) -> dict[str, str]:
        if kind is Kind.AGENT:
            return {one.id: f"{one.id} {one.name}" for one in app.routing.agents.values()}
        titled = (
            app.routing.queues if kind is Kind.QUEUE else app.campuses.directory.campuses
        ).values()
        return {
            one.id: one.title_en if language == "en" and one.title_en else one.title
            for one in titled
        }

    def subjects(kind: Kind, name: str) -> list[Subject]:
        if kind is Kind.AGENT:
            return [app.auth.subject(name)]
        if kind is Kind.CAMPUS:
            return [Subject(campus=name)]
        serving = [
            app.auth.subject(one.id)
            for one in app.routing.agents.values()
            if any(skill.queue == name for skill in one.skills)
        ]
        return [Subject(campus=app.routing.queues[name].campus), *serving]

    own = CallReport(app.figures, names, subjects).report()
    return ReportPages([own], app.hub.reports)


def _prompts(app: App) -> PromptHooks:
    def phone_of(visit: Visit) -> str:
        """The phone at which the visitor works now, else the one on the desk."""
        agent = app.routing.agents.get(visit.user.agent)
        if agent is None:
            return ""
        phone = app.agents.status(agent.id).phone or agent.phone
        return interface(phone) if phone else ""

    routes = PromptRoutes(app.prompts, app.in_thread, lambda visit: bool(phone_of(visit)))
    return PromptHooks(routes, RecordingRoutes(app.takes, phone_of))
