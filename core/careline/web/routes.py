"""Routes: which method of a page answers which address, and what one must be allowed to do for it.

A page's routes are the methods of one object::

    class Patients:
        @get("/patients/<int:patient_id>", permission="patients.view")
        async def show(self, visit: Visit, patient_id: int) -> Answer: ...

Paths are werkzeug's (``<name>``, ``<int:name>``, ``<path:name>``).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from careline.errors import Invalid

if TYPE_CHECKING:
    from careline.web.answers import Answer
    from careline.web.visit import Visit

PUBLIC = "public"
"""Anybody, signed in or not."""
SIGNED_IN = "signed_in"
"""Everybody who is signed in."""
TIMEOUT_S = 30.0
MARK = "__careline_routes__"

F = TypeVar("F", bound=Callable[..., Any])


@frozen(kw_only=True)
class Rule:
    """One route as its decorator states it.

    ``upload`` lets a form carry files, up to 50 MB; ``quiet`` marks what a browser asks by itself
    (heart-beats, panels), which keeps no idle session open; ``timeout`` is in seconds.
    """

    method: str
    path: str
    permission: str
    upload: bool = False
    quiet: bool = False
    timeout: float = TIMEOUT_S


@frozen
class Route:
    """A rule with the method that answers, bound to its page's object; ``page`` is its name."""

    rule: Rule
    answer: Callable[..., Awaitable[Answer]]
    page: str

    def __str__(self) -> str:
        return f"{self.rule.method} {self.rule.path}"


def get(
    path: str, *, permission: str = "", quiet: bool = False, timeout: float = TIMEOUT_S
) -> Callable[[F], F]:
    """Answer GET of ``path``: a look at something, which changes nothing."""
    return _marked(
        Rule(method="GET", path=path, permission=permission, quiet=quiet, timeout=timeout)
    )


def post(
    path: str,
    *,
    permission: str = "",
    upload: bool = False,
    quiet: bool = False,
    timeout: float = TIMEOUT_S,
) -> Callable[[F], F]:
    """Answer POST of ``path``: a deed; the form's token was checked before."""
    rule = Rule(
        method="POST",
        path=path,
        permission=permission,
        upload=upload,
        quiet=quiet,
        timeout=timeout,
    )
    return _marked(rule)


def _marked(rule: Rule) -> Callable[[F], F]:
    def mark(function: F) -> F:
        setattr(function, MARK, (*getattr(function, MARK, ()), rule))
        return function

    return mark


def routes_of(page: str, carrier: object, prefix: str = "") -> list[Route]:
    """The routes of a page's object; ``prefix`` is what their paths must begin with.

    Raises Invalid naming each route without a permission, outside the prefix, or not async.
    """
    found = [
        Route(rule, method, page)
        for name, method in _methods(carrier)
        if not name.startswith("__")
        for rule in getattr(method, MARK, ())
    ]
    problems = [problem for route in found for problem in _problems(route, prefix)]
    if problems:
        raise Invalid(
            "web.routes",
            "The routes of {page} are not right ({count}):",
            problems=problems,
            page=page,
            count=len(problems),
        )
    return found


def _methods(carrier: object) -> list[tuple[str, Callable[..., Any]]]:
    return inspect.getmembers(carrier, callable)


def _problems(route: Route, prefix: str) -> list[Invalid]:
    reasons = []
    if not route.rule.permission:
        reasons.append("states no permission")
    if not inspect.iscoroutinefunction(route.answer):
        reasons.append("is not async")
    path = route.rule.path
    if prefix and not (path == prefix or path.startswith(prefix.rstrip("/") + "/")):
        reasons.append(f"does not begin with {prefix}")
    return [
        Invalid("web.route", "{route} {reason}", route=str(route), reason=reason)
        for reason in reasons
    ]


def lets_in(permission: str, visit: Visit) -> bool:
    """True when the visitor may go where ``permission`` is asked for."""
    if permission == PUBLIC:
        return True
    return visit.signed_in and (permission == SIGNED_IN or visit.may(permission))
