"""What a plugin brings along: asked once, when it is loaded; plain functions, not async."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from careline.hooks.kinds import provides
from careline.hooks.values import (
    Act,
    Command,
    JobHandler,
    LookUp,
    Page,
    Panel,
    Permission,
    Purpose,
    Report,
    Schedule,
    Setting,
    SpokenText,
)

if TYPE_CHECKING:
    from careline.ivr.model import NodeKind


@provides
def panels() -> Sequence[Panel]:  # type: ignore[empty-body]  # a spec has no body
    """Parts for the core's pages: screen pop, patient, home, wallboard, administration.

    When: once, when the plugin is loaded.
    Return: panels; each loads itself later, by its view.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def pages() -> Sequence[Page]:  # type: ignore[empty-body]  # a spec has no body
    """Whole pages of the plugin's own, each with its entry in the menu.

    When: once, when the plugin is loaded.
    Return: pages; every route of theirs states a permission.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def permissions() -> Sequence[Permission]:  # type: ignore[empty-body]  # a spec has no body
    """What roles may be allowed to do in this plugin.

    When: once, when the plugin is loaded.
    Return: permissions, named ``<plugin>.<verb>``.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def job_handlers() -> Sequence[JobHandler]:  # type: ignore[empty-body]  # a spec has no body
    """What does the plugin's jobs.

    When: once, when the plugin is loaded; the jobs of a disabled plugin wait for its return.
    Return: one handler for each kind of job, the kind named ``<plugin>.<verb>``.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def schedules() -> Sequence[Schedule]:  # type: ignore[empty-body]  # a spec has no body
    """Jobs to be put again and again.

    When: once, when the plugin is loaded.
    Return: schedules, each with exactly one of ``every`` and ``at``.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def ivr_nodes() -> Sequence[NodeKind]:  # type: ignore[empty-body]  # a spec has no body
    """Kinds of step for IVR flows, as good as the core's own.

    When: once, when the plugin is loaded; flows are checked against the kinds known then.
    Return: node kinds, the name beginning with ``<plugin>_``.
    On failure: the plugin is not loaded, and the message names it and this hook. A kind whose
    ``run`` fails later sends the caller to the operator.
    """


@provides
def look_ups() -> Sequence[LookUp]:  # type: ignore[empty-body]  # a spec has no body
    """What ``look_up`` nodes of flows can ask (the bill, the next appointment).

    When: once, when the plugin is loaded; each is asked while the caller waits.
    Return: look-ups, named ``<plugin>.<what>``.
    On failure: the plugin is not loaded, and the message names it and this hook. A look-up that
    fails later, or is late, leads the caller the node's way ``failed``.
    """


@provides
def prompts() -> Sequence[SpokenText]:  # type: ignore[empty-body]  # a spec has no body
    """Sentences that the plugin's steps and flows say, by name, as good as the core's own.

    When: once, when the plugin is loaded; those that are missing are spoken in the background once
    it runs, and stand in the list of prompts where a hospital puts its own recordings in place.
    Return: sentences, the name beginning with ``<plugin>-`` (``his-webservice-`` for
    ``his_webservice``).
    On failure: the plugin is not loaded, and the message names it and this hook. A sentence that
    cannot be spoken is told in the log.
    """


@provides
def reports() -> Sequence[Report]:  # type: ignore[empty-body]  # a spec has no body
    """Tables of figures for the statistics pages and their export.

    When: once, when the plugin is loaded.
    Return: reports; each is run when somebody opens it.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def acts() -> Sequence[Act]:  # type: ignore[empty-body]  # a spec has no body
    """What deeds in the audit log are called that the plugin writes by ``visit.audit``.

    When: once, when the plugin is loaded.
    Return: acts, each with its title; the core's own are named already and stay as they are. One
    without a title stands in the log by its name.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def purposes() -> Sequence[Purpose]:  # type: ignore[empty-body]  # a spec has no body
    """What the messages and calls that the plugin begins are for, as pages name them.

    When: once, when the plugin is loaded.
    Return: purposes, each with its title; one without a title stands in lists by its name.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def commands() -> Sequence[Command]:  # type: ignore[empty-body]  # a spec has no body
    """Sub-commands of ``careline`` on the command line.

    When: once, when the plugin is loaded, in the server and in the command line.
    Return: click commands under a name that is not the core's.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """


@provides
def settings() -> Sequence[Setting]:  # type: ignore[empty-body]  # a spec has no body
    """What an administrator may change while careline runs; all else is in careline.toml.

    When: once, when the plugin is loaded.
    Return: settings with their defaults, named ``<plugin>.<name>``.
    On failure: the plugin is not loaded, and the message names it and this hook.
    """
