"""A plan of follow-up (随访计划); pure values."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen
from attrs.validators import ge, le, matches_re, max_len, min_len

#: Names of plans, as those of surveys.
NAME = r"[a-z][a-z0-9-]{0,31}"
MOST_STEPS = 12
LONGEST = 400


class PlanKind(Enum):
    """普通, 科室, 病种, 术前, 术后. Only BEFORE counts its days back from an operation."""

    GENERAL = "general"
    DEPARTMENT = "department"
    DISEASE = "disease"
    BEFORE = "before"
    AFTER = "after"


class Way(Enum):
    """How a patient is asked. WARD is no step of a plan: the ward asks what was handed over.

    AGENT: an agent takes the task and dials (preview). PROGRESSIVE: the core rings an agent who is
    free, and dials the patient once that agent is there.
    """

    AUTOMATIC = "automatic"
    MESSAGE = "message"
    AGENT = "agent"
    PROGRESSIVE = "progressive"
    WARD = "ward"


#: An agent speaks to the patient, and fills in the questionnaire.
BY_AGENTS = (Way.AGENT, Way.PROGRESSIVE)


class Last(Enum):
    """What becomes of a task when no way has led to answers."""

    UNREACHABLE = "unreachable"
    WARD = "ward"


@frozen(kw_only=True)
class Step:
    """One contact: due ``days`` after the case's day (before it when negative).

    ``keep_days`` later it is overdue.
    """

    days: int = field(validator=[ge(-30), le(400)])
    keep_days: int = field(default=3, validator=[ge(1), le(60)])


@frozen(kw_only=True)
class Plan:
    """One plan; what is empty of its criteria fits everybody.

    ``diagnoses`` and ``operations`` are words: one of them stands in the case's diagnosis (in its
    operation). A plan without ``steps`` says that such patients are not followed up. Of several
    that fit the closest one counts, and beside it those with ``beside``. ``flow`` and ``queue``
    are empty for the configuration's. ``flag_minutes`` is the time in which a ward acknowledges a
    red flag, 0 for the configuration's.
    """

    name: str = field(validator=matches_re(NAME))
    title: str = field(validator=[min_len(1), max_len(80)])
    title_en: str = field(default="", validator=max_len(80))
    kind: PlanKind = PlanKind.GENERAL
    campuses: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    wards: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    questionnaire: str = ""
    steps: tuple[Step, ...] = field(default=(), validator=max_len(MOST_STEPS))
    ways: tuple[Way, ...] = (Way.AUTOMATIC, Way.AGENT)
    message_hours: int = field(default=24, validator=[ge(1), le(240)])
    last: Last = Last.UNREACHABLE
    flow: str = ""
    queue: str = ""
    flag_minutes: int = field(default=0, validator=[ge(0), le(24 * 60)])
    beside: bool = False
    enabled: bool = True
    order: int = 100

    def title_in(self, language: str) -> str:
        """Its title for a reader of ``language``."""
        return self.title_en if language == "en" and self.title_en else self.title
