"""queues.conf and musiconhold.conf."""

from __future__ import annotations

from careline.asterisk.ini import Option, document, section
from careline.asterisk.model import Announcements, AsteriskFiles, QueueConf


def queues(files: AsteriskFiles) -> str:
    """queues.conf: app_queue distributes the calls even while the core is away."""
    general = section(
        "general",
        [
            *(("persistentmembers", True), ("autofill", True), ("shared_lastcall", True)),
            *(("log_membername_as_agent", True), ("log-caller-id-name", False)),
            ("negative_penalty_invalid", False),
        ],
    )
    return document(general, *queue_sections(files))


def queue_sections(files: AsteriskFiles) -> list[str]:
    """The sections of all queues."""
    return [_queue(queue) for queue in files.queues]


def _queue(queue: QueueConf) -> str:
    options: list[Option] = [
        *(("strategy", queue.strategy.value), ("timeout", queue.ring_s), ("retry", queue.retry_s)),
        *(("wrapuptime", queue.wrapup_s), ("weight", queue.weight), ("maxlen", queue.max_callers)),
        *(("servicelevel", queue.service_level_s), ("musicclass", queue.music)),
        # An empty queue keeps its callers: the flow decides what becomes of them.
        *(("joinempty", True), ("leavewhenempty", False), ("ringinuse", False)),
        *(("autopause", False), ("timeoutrestart", True), ("timeoutpriority", "app")),
        *(("reportholdtime", False), ("setinterfacevar", True), ("setqueueentryvar", True)),
        *_announcements(queue.announcements),
    ]
    options += [
        ("member", f"{member.interface},{member.penalty},{member.name}") for member in queue.members
    ]
    return section(queue.name, options)


def _announcements(what: Announcements) -> list[Option]:
    hold_time = what.hold_time and what.frequency_s > 0
    return [
        *(("announce-frequency", what.frequency_s), ("announce-position", what.position)),
        *(("announce-holdtime", hold_time), ("min-announce-frequency", 15)),
        *(("announce-to-first-user", False), ("announce", what.to_agent)),
        *(("queue-callerannounce", what.to_caller), ("periodic-announce", ",".join(what.periodic))),
        ("periodic-announce-frequency", what.periodic_s if what.periodic else 0),
        *what.sounds,
    ]


def music(files: AsteriskFiles, general: bool = True) -> str:
    """musiconhold.conf: folders of sound files."""
    return document(
        *([section("general")] if general else []),
        *(
            section(
                item.name, [("mode", "files"), ("directory", item.directory), ("sort", "random")]
            )
            for item in files.music
        ),
    )
