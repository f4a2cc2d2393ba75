"""What the occasions bring to the plugin, and what it hands on to them."""

from __future__ import annotations

from careline.hooks import InboundMessage, JobHandler, Schedule
from careline_sms.occasions.answers import Answers
from careline_sms.occasions.birthdays import Birthdays
from careline_sms.occasions.visits import Visits
from careline_sms.services import Services


class OccasionsPart:
    """Visits, answers and birthdays; ``visits`` has a method for each hook of appointments."""

    def __init__(self, services: Services) -> None:
        self.visits = Visits(services)
        self.birthdays = Birthdays(services)
        self._answers = Answers(services, self.visits)

    def job_handlers(self) -> list[JobHandler]:
        """The day's greetings."""
        return self.birthdays.job_handlers()

    def schedules(self) -> list[Schedule]:
        """Daily greetings, where they are wanted."""
        return self.birthdays.schedules()

    async def replied(self, reply: InboundMessage) -> str | None:
        """What is said back to a patient who answered about a visit; None for all else."""
        return await self._answers.replied(reply)
