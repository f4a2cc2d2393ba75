"""What a plugin is: a value that its package offers, and the services it is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from attrs.validators import matches_re
from twisted.internet.defer import Deferred

from careline.clock import Clock
from careline.config import Settings
from careline.hooks import Deprecation, Hub
from careline.i18n import Lang
from careline.plugins.keys import ConfigKey, keys_of
from careline.tasks import Tasks

if TYPE_CHECKING:
    from careline.agents.service import Agents
    from careline.calls.recorder import Recorder
    from careline.calls.service import Calls
    from careline.campuses.service import Campuses
    from careline.ivr.model import NodeKind
    from careline.jobs.outbox import Outbox
    from careline.outbound.service import Outbound
    from careline.outreach.service import Outreach
    from careline.patients.linking import Linking
    from careline.patients.service import Patients
    from careline.storage import Database, Tx
    from careline.web.events import Events


#: Tables, jobs and permissions begin with it; jobs of ``hook`` are durable events.
NAME = r"(?!(?:hook|core)\Z)[a-z][a-z0-9_]{0,31}"


InThread = Callable[..., Deferred[Any]]


@frozen(kw_only=True)
class Core:
    """All that a plugin is given.

    Ground: ``settings``, ``clock``, ``tasks`` (the plugin's own: what it spawned ends when the
    plugin is disabled), ``reactor`` (to open connections and ports with; time comes from
    ``clock``), ``in_thread(call, *args)`` (a Deferred; for work that blocks).
    Services, at most 12, so that each stays worth knowing: all else.
    ``events.tell("sms_sent", str(id), permission="sms.view")`` lets panels that name the event load
    anew; ``linking.link(call_id, patient_id)`` says who is on the phone; ``recorder``
    knows where talks are written and pauses it; ``outreach`` says whether a patient may be
    disturbed now, and ``outbound`` makes the calls that the hospital begins.
    """

    settings: Settings
    clock: Clock
    tasks: Tasks
    reactor: Any
    in_thread: InThread
    hub: Hub
    db: Database
    outbox: Outbox
    calls: Calls
    agents: Agents
    patients: Patients
    campuses: Campuses
    linking: Linking
    recorder: Recorder
    outreach: Outreach
    outbound: Outbound
    events: Events


@frozen
class NoConfig:
    """The configuration of a plugin that has none."""


@frozen
class DemoHome:
    """Where made-up data is put that is more than rows: a home, and a voice for its sounds.

    ``speak(text, lang, file)`` writes a sound for the telephone (WAV, 8 kHz, mono, 16 bit); it
    blocks.
    """

    settings: Settings
    speak: Callable[[str, Lang, Path], object]


@frozen(kw_only=True)
class Demo:
    """What a plugin adds to the demonstration (``careline run --demo``).

    In a new home it is ``enabled``, with ``config`` as its table in careline.toml; one that is not
    adds its part where somebody has enabled it. ``put(tx, today)``
    stores made-up data, once, where the core's are already; ``make(tx, today, home)`` does what
    needs files or sounds. ``flows()`` is a document of flows
    (:mod:`careline.ivr`) published over the core's: a newer version of one of the same name.
    ``kinds()`` gives the kinds of node that these use; here they are only checked.
    """

    config: Mapping[str, Any] = field(factory=dict)
    enabled: bool = True
    put: Callable[[Tx, date], object] | None = None
    make: Callable[[Tx, date, DemoHome], object] | None = None
    flows: Callable[[], Mapping[str, Any]] | None = None
    kinds: Callable[[], Sequence[NodeKind]] = tuple


@frozen(kw_only=True)
class Plugin:
    """One plugin, offered as an entry point of group ``careline.plugins`` under its own name.

    ``hooks(core, config)`` builds the object whose ``@hook`` methods are called; it may have
    ``async start()`` and ``async stop()``. ``requires`` names plugins that must be enabled before
    it. ``core`` is the range of careline versions it works with, ``api`` that of the versions of
    hooks (:data:`careline.hooks.API`). ``migrations`` is the directory of its alembic versions.
    ``specs`` declares hooks of its own. With ``live`` false it is switched on and off only by a
    restart. ``demo`` is its part of the demonstration.
    """

    name: str = field(validator=matches_re(NAME))
    title: str
    version: str
    hooks: Callable[[Any, Any], object]
    config: type[Any] = NoConfig
    requires: tuple[str, ...] = ()
    core: str = ">=0.1"
    api: str = ">=1.0,<2"
    migrations: Path | None = None
    specs: ModuleType | None = None
    live: bool = True
    demo: Demo | None = None

    @property
    def config_keys(self) -> tuple[ConfigKey, ...]:
        """The keys of its table in careline.toml."""
        return keys_of(self.config)


class PluginState(Enum):
    """What a plugin does now."""

    OFF = "off"
    RUNNING = "running"
    FAILED = "failed"
    RESTART = "restart needed"
    MISSING = "not installed"


@frozen(kw_only=True)
class PluginStatus:
    """One line of ``careline plugin list``.

    ``hooks_off`` are those that a breaker switched off, ``deprecated`` is what it uses that goes in
    a later version of the hooks.
    """

    name: str
    title: str
    version: str
    enabled: bool
    state: PluginState
    error: str = ""
    hooks_off: tuple[str, ...] = ()
    deprecated: tuple[Deprecation, ...] = ()
