"""``careline demo call``: the scripted call on a reactor, with the timeline printed as it comes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import click
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from careline.agents.model import Agent
from careline.agents.store import list_agents, list_phones
from careline.campuses.store import list_trunks
from careline.control.stream import follow
from careline.demo.call import CALLER_HOST, ENGLISH, KEYS, DemoCall, Script
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.setup.demo import NUMBER
from careline.storage import Tx
from careline.terminal.language import language
from careline.terminal.say import _, say
from careline_cli.asterisk import status as status_of
from careline_cli.call import tell_figures
from careline_cli.preparing import the_reactor
from careline_cli.site import Site
from careline_cli.timeline import clock, line, read_names


def perform(site: Site, queue: str, *, english: bool) -> int:
    """Run the call; 0 when everything was right, else 1 with what was not."""
    status = site.control.call("status")
    script = site.run(_script, site, queue, status["agents"], _registered(site), english)
    names = site.run(read_names)
    reactor = the_reactor()

    def tell(text: Text) -> None:
        click.echo(f"{clock(site.clock.now(), names)}    {text.to(language())}")

    async def ask(verb: str, **args: Any) -> Any:
        return await deferToThread(lambda: site.control.call(verb, **args))

    show = DemoCall(reactor, script, ask, tell)

    def happened(fact: Mapping[str, Any]) -> None:
        if show.happened(fact) and (words := line(fact, names)):
            click.echo(click.style(words, bold=True))

    async def whole() -> Mapping[str, Any]:
        following = await follow(reactor, site.settings.control_socket, happened)
        try:
            await show.perform()
        finally:
            following.stop()
        record: Mapping[str, Any] = await ask("call", call_id=show.call)
        return record

    record = _run(reactor, whole())
    show.judge(record)
    say("")
    say(_("call {id}: careline call show {id}"), id=record["id"])
    tell_figures(record)
    for problem in show.problems:
        say(_("wrong: {problem}"), problem=problem)
    if not show.problems:
        say(_("Everything was right."))
    return 1 if show.problems else 0


def _registered(site: Site) -> set[str]:
    """Phones that somebody has registered: they are not taken away."""
    if not site.settings.asterisk.embedded:
        return set()
    return set(status_of(site).get("phones", ()))


def _script(
    tx: Tx,
    site: Site,
    queue: str,
    states: Sequence[Mapping[str, Any]],
    registered: Collection[str],
    english: bool,
) -> Script:
    """Who takes part: the agent whom the queue asks first."""
    if CALLER_HOST not in {trunk.host for trunk in list_trunks(tx)}:
        raise NotFound(
            "demo.none",
            "this home has no demonstration hospital; make one: careline --home demo run --demo",
        )
    agents = sorted(
        (one for one in list_agents(tx) if one.active and one.phone and _level(one, queue)),
        key=lambda one: (_level(one, queue), one.id),
    )
    doing = {one["agent"]: one for one in states}
    agent, human = _chosen(agents, doing, registered, queue)
    now = doing.get(agent.id, {})
    secrets = {phone.name: phone.secret for phone in list_phones(tx)}
    phone = now.get("phone") or agent.phone
    own = site.settings.asterisk
    host = "127.0.0.1" if own.bind == "0.0.0.0" else own.bind  # noqa: S104  compared, not bound
    return Script(
        server=(host, own.sip_port),
        called=NUMBER,
        keys=((ENGLISH,) if english else ()) + KEYS[queue],
        agent=agent.id,
        phone=phone,
        secret=secrets.get(phone, ""),
        state=now.get("state", "signed_out"),
        reason=now.get("reason", ""),
        human=human,
    )


def _chosen(
    agents: Sequence[Agent],
    doing: Mapping[str, Mapping[str, Any]],
    registered: Collection[str],
    queue: str,
) -> tuple[Agent, bool]:
    """The agent who answers, and whether at a phone of their own: whoever is ready at one is asked.

    Else the first whose phone nobody has registered.
    """
    for one in agents:
        now = doing.get(one.id, {})
        if now.get("state") == "ready" and now.get("phone") in registered:
            return one, True
    for one in agents:
        if (doing.get(one.id, {}).get("phone") or one.phone) not in registered:
            return one, False
    raise NotFound(
        "demo.no_agent",
        "no agent of queue {queue} is free for this; on a registered phone dial *11 and *13, "
        "and answer the call yourself",
        queue=queue,
    )


def _level(agent: Agent, queue: str) -> int:
    return next((skill.level for skill in agent.skills if skill.queue == queue), 0)


def _run(reactor: Any, work: Any) -> Any:
    """The result of a coroutine on the reactor, which is run here and cannot be again."""
    results: list[Any] = []

    def done(result: Any) -> None:
        results.append(result)
        reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(work).addBoth(done))
    reactor.run()
    if not results:
        raise click.Abort
    if isinstance(results[0], Failure):
        if isinstance(results[0].value, TooLate):
            raise CarelineError("demo.late", "this took too long; see: careline doctor")
        results[0].raiseException()
    return results[0]
