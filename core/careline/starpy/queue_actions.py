"""The AMI actions about queues and agents; see :mod:`careline.starpy.actions`."""

from __future__ import annotations

from careline.starpy.asking import Asking, Flag, word
from careline.starpy.connection import Answer


class QueueActions(Asking):
    """Members of queues, and what is told of them."""

    def agents(self) -> Answer:
        """All agents; fires with a list."""
        return self._list("Agents", "AgentsComplete")

    def agentLogoff(self, agent: str, soft: Flag) -> Answer:
        """Log an agent off, softly: after the call."""
        return self._ask("AgentLogoff", agent=agent, soft=word(soft, "true", "false"))

    def queueAdd(
        self,
        queue: str,
        interface: str,
        penalty: int = 0,
        paused: Flag = True,
        membername: str | None = None,
        stateinterface: str | None = None,
    ) -> Answer:
        """Add a member to a queue."""
        return self._ask(
            "QueueAdd", queue=queue, interface=interface, penalty=penalty,
            paused=word(paused, "true", "false"), membername=membername,
            stateinterface=stateinterface,
        )  # fmt: skip

    def queueRemove(self, queue: str, interface: str) -> Answer:
        """Remove a member from a queue."""
        return self._ask("QueueRemove", queue=queue, interface=interface)

    def queuePause(
        self, queue: str | None, interface: str, paused: Flag = True, reason: str | None = None
    ) -> Answer:
        """Pause a member in one queue or (None) in all, or let it take calls again."""
        said = word(paused, "true", "false")
        return self._ask("QueuePause", queue=queue, interface=interface, paused=said, reason=reason)

    def queuePenalty(self, interface: str, penalty: int, queue: str | None = None) -> Answer:
        """Set a member's penalty in one queue or (None) in all."""
        return self._ask("QueuePenalty", interface=interface, penalty=penalty, queue=queue)

    def queueLog(
        self,
        queue: str,
        event: str,
        uniqueid: str | None = None,
        interface: str | None = None,
        msg: str | None = None,
    ) -> Answer:
        """Write a line of one's own to queue_log."""
        return self._ask(
            "QueueLog", queue=queue, event=event, uniqueid=uniqueid, interface=interface,
            message=msg,
        )  # fmt: skip

    def queues(self) -> Answer:
        """Send the action Queues, whose answer is text for people; better use queueStatus."""
        return self._ask("Queues")

    def queueStatus(self, queue: str | None = None, member: str | None = None) -> Answer:
        """Queues with their members and callers; fires with a list."""
        return self._list("QueueStatus", "QueueStatusComplete", queue=queue, member=member)
