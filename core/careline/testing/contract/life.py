"""A plugin's life in a core in memory: it comes, answers, and goes without leaving anything."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve
from sqlalchemy import Table

from careline.errors import CarelineError
from careline.hooks.hub import job_kind
from careline.plugins import Catalog
from careline.plugins.bundles import with_required
from careline.storage import metadata
from careline.testing.contract.report import Advice
from careline.testing.contract.standing import standing, surplus
from careline.testing.contract.subject import Subject
from careline.testing.contract.watching import BUDGET_S, Logged, Watched, WatchedCore, watch

Findings = Iterator[CarelineError]

NOBODY = 0
ROUNDS, A_WHILE_S = 6, 10.0
#: Asked of every plugin that answers them, in an empty hospital.
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "health": {},
    "export_patient": {"patient_id": NOBODY},
    "patient_timeline": {"patient_id": NOBODY},
    "find_patients": {"text": "nobody", "campus": ""},
}
DURABLE: Mapping[str, Mapping[str, Any]] = {
    "erase_patient": {"patient_id": NOBODY},
    "patients_merged": {"kept": NOBODY, "gone": NOBODY},
    "patients_unmerged": {"kept": NOBODY, "gone": NOBODY},
}
PRIVACY = ("export_patient", "erase_patient", "patients_merged")


def life(subject: Subject) -> Findings:
    """Switched on with nothing but what it requires, asked, switched off."""
    alive = evolve(subject.plugin, live=True)  # so that it comes now
    plugins = {**subject.catalog.plugins, subject.name: alive}
    *needed, _ = with_required([subject.name], subject.catalog)
    with tempfile.TemporaryDirectory() as scratch:
        core = WatchedCore(Path(scratch), needed, Catalog(plugins), subject.config)
        try:
            core.run(core.up())
            yield from _lived(subject, core)
        except CarelineError as error:
            yield error
        finally:
            core.run(core.down())


def _lived(subject: Subject, core: WatchedCore) -> Findings:
    before, timers = standing(core), len(core.reactor.getDelayedCalls())
    with watch() as seen:
        try:
            core.run(core.plugins.enable(subject.name))
        except AssertionError as error:
            yield _unhandled(subject, error)
            return
    yield from _held_up(subject, seen)
    for one in core.hub.deprecated(subject.name):
        yield Advice(
            "check.deprecated", "plugin {plugin}: {text}", plugin=subject.name, text=one.text
        )
    yield from _privacy(subject, core)
    yield from names(subject, core)
    with watch() as seen:
        yield from _answers(subject, core)
    yield from _held_up(subject, seen)
    for _ in range(ROUNDS):
        core.reactor.advance(A_WHILE_S)
    if core.reactor.floods:
        yield subject.found(
            "life.floods",
            "plugin {plugin} goes round and round without a pause; wait by core.clock.sleep, or "
            "for an event",
        )
    yield from _gone(subject, core)
    yield from _left(subject, surplus(before, standing(core)))
    core.reactor.advance(0)
    if len(core.reactor.getDelayedCalls()) > timers:
        late = [str(one) for one in core.reactor.getDelayedCalls()][timers:]
        yield subject.found(
            "life.timers",
            "plugin {plugin} leaves timers behind when it is switched off; spawn coroutines by "
            "core.tasks, and cancel what core.clock.call_later gave in stop() ({timers})",
            timers=late[:3],
        )


def _gone(subject: Subject, core: WatchedCore) -> Findings:
    with Logged(subject.name) as logged:
        try:
            core.run(core.plugins.disable(subject.name))
        except AssertionError as error:
            yield _unhandled(subject, error)
    for text in logged.said:
        yield subject.found(
            "life.stop", "{text}; its stop() must end within 10 s, and its tasks with it", text=text
        )


def _unhandled(subject: Subject, error: AssertionError) -> CarelineError:
    return subject.found(
        "life.unhandled",
        "plugin {plugin} loses errors that nobody handles, or never ends: {error}",
        error=str(error)[:600],
    )


def _held_up(subject: Subject, seen: Watched) -> Findings:
    if seen.blocked:
        yield subject.found(
            "life.blocks",
            "plugin {plugin} holds up the whole process, and every call, by {calls}; use "
            "core.clock.sleep, treq, or core.in_thread",
            calls=sorted(set(seen.blocked)),
        )
    if seen.worked > BUDGET_S:
        yield subject.found(
            "life.budget",
            "plugin {plugin} works {seconds} s without a pause while it is loaded and started; put "
            "that into core.in_thread",
            seconds=f"{seen.worked:.1f}",
        )


def _privacy(subject: Subject, core: WatchedCore) -> Findings:
    """Who keeps patients exports, erases and joins them."""
    held = sorted(
        table.name
        for table in metadata.tables.values()
        if table.name.startswith(f"{subject.name}_") and _is_of_patients(table)
    )
    answered = {state.hook for state in core.hub.states(subject.name)}
    if any(_asks_for_all(node) for source in subject.sources for node in source.nodes):
        answered.add("patients_merged")  # it looks for all records that are now one
    missing = [hook for hook in PRIVACY if hook not in answered]
    if held and missing:
        yield subject.found(
            "privacy.hooks",
            "plugin {plugin} keeps patients ({tables}) and does not answer {hooks}: their data "
            "could not be given out, erased or joined",
            tables=held,
            hooks=missing,
        )


def _asks_for_all(node: ast.AST) -> bool:
    return "all_ids" in (getattr(node, "id", ""), getattr(node, "attr", ""))


def _is_of_patients(table: Table) -> bool:
    refers = {key.target_fullname.partition(".")[0] for key in table.foreign_keys}
    return "patient" in refers or any(name in table.columns for name in ("patient", "patient_id"))


def names(subject: Subject, core: WatchedCore) -> Findings:
    """Names by which others could be meant; the core itself looks at the rest when it loads."""
    for hook, start in (
        ("panels", f"{subject.name}_"),
        ("reports", f"{subject.name}"),
        ("settings", f"{subject.name}."),
    ):
        for one in core.hub.provided(hook).get(subject.name, ()):
            if not one.name.startswith(start):
                yield subject.found(
                    "names.prefix",
                    "plugin {plugin}: {hook}: {name} must begin with {start}",
                    hook=hook,
                    name=one.name,
                    start=start,
                )


def _answers(subject: Subject, core: WatchedCore) -> Findings:
    answered = {state.hook for state in core.hub.states(subject.name)}
    for hook, given in QUESTIONS.items():
        if hook in answered:
            gathered = core.run(getattr(core.hub, hook)(**given))
            if subject.name in gathered.missing:
                yield _wrong(subject, hook, gathered.missing[subject.name])
    handlers = core.hub.durable_handlers(subject.name)
    for hook, given in DURABLE.items():
        handler = handlers.get(job_kind(subject.name, hook))
        if handler is not None:
            try:
                core.run(handler(given, None))
            except Exception as error:  # noqa: BLE001  a plugin's own, which is what is looked for
                yield _wrong(subject, hook, f"{type(error).__name__}: {error}")


def _wrong(subject: Subject, hook: str, reason: str) -> CarelineError:
    return subject.found(
        "life.answers",
        "plugin {plugin} fails in hook {hook}, asked in an empty hospital: {reason}",
        hook=hook,
        reason=reason[:300],
    )


def _left(subject: Subject, left: Mapping[str, list[str]]) -> Findings:
    for kind, ones in left.items():
        yield subject.found(
            "life.left",
            "plugin {plugin} leaves something behind when it is switched off: {kind}: {names}",
            kind=kind,
            names=ones,
        )
