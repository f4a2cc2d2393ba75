"""What a plugin implements: found by its marks, checked against the specs before it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any

import pluggy
from attrs import frozen

from careline.errors import Invalid
from careline.hooks.deprecations import DEPRECATED, Deprecation
from careline.hooks.kinds import Kind, Spec, declared_on_failure
from careline.hooks.returns import expected_text, fits
from careline.hooks.values import Refusal
from careline.hooks.watch import Watch
from careline.i18n import Text

FIRST, NORMAL, LAST = range(3)


@frozen(eq=False)
class Implementation:
    """One plugin's function for one hook. ``wants``: the arguments it takes."""

    plugin: str
    spec: Spec
    function: Callable[..., object]
    wants: tuple[str, ...]
    refusal: Refusal | None
    place: int
    watch: Watch

    def bound(self, arguments: Mapping[str, object]) -> Callable[[], object]:
        """The call with those of ``arguments`` that it wants."""
        return partial(self.function, **{name: arguments[name] for name in self.wants})


def problems_of(
    manager: pluggy.PluginManager,
    plugin: str,
    hooks: object,
    specs: Mapping[str, Spec],
    deprecations: Sequence[Deprecation] = DEPRECATED,
) -> list[Invalid]:
    """All that is wrong with the implementations in ``hooks``."""
    found: list[Invalid] = []
    for attribute in dir(hooks):
        options = manager.parse_hookimpl_opts(hooks, attribute)
        if options is None:
            found.extend(_forgotten(plugin, hooks, attribute, specs))
            continue
        name = options.get("specname") or attribute
        if name in specs:
            found.extend(_mismatches(plugin, specs[name], getattr(hooks, attribute), options))
        elif not options.get("optionalhook"):
            found.append(_gone(plugin, name, deprecations) or _unknown(plugin, name, specs))
    return found


def accepted_arguments(function: Callable[..., object], spec: Spec) -> tuple[str, ...]:
    """Those of the spec's arguments that ``function`` takes."""
    parameters = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return spec.arguments
    return tuple(name for name in spec.arguments if name in parameters)


def is_async(function: Callable[..., object]) -> bool:
    """True for what returns a coroutine."""
    return inspect.iscoroutinefunction(inspect.unwrap(function))


def place(options: Mapping[str, Any]) -> int:
    """First, normal or last, as the plugin asked for."""
    if options.get("tryfirst"):
        return FIRST
    return LAST if options.get("trylast") else NORMAL


def _forgotten(
    plugin: str, hooks: object, attribute: str, specs: Mapping[str, Spec]
) -> Iterator[Invalid]:
    """A method that is named like a hook but not marked would silently never be called."""
    if attribute in specs and inspect.isroutine(inspect.getattr_static(hooks, attribute)):
        yield Invalid(
            "hook.unmarked",
            "plugin {plugin}: {hook} is named like a hook but not marked; put @hook above it, or "
            "rename it",
            plugin=plugin,
            hook=attribute,
        )


def _gone(plugin: str, hook: str, deprecations: Sequence[Deprecation]) -> Invalid | None:
    """What to say to a plugin that comes a release too late."""
    for one in deprecations:
        if one.hook == hook and not one.argument and one.is_gone():
            return Invalid(
                "hook.gone",
                "plugin {plugin}: hook {hook} is gone since version {gone} of the hooks: {instead}",
                plugin=plugin,
                hook=hook,
                gone=one.gone,
                instead=Text(one.instead),
            )
    return None


def _unknown(plugin: str, name: str, specs: Mapping[str, Spec]) -> Invalid:
    near = get_close_matches(name, specs, n=1)
    if near:
        return Invalid(
            "hook.unknown",
            "plugin {plugin}: there is no hook {hook}; did you mean {near}?",
            plugin=plugin,
            hook=name,
            near=near[0],
        )
    return Invalid(
        "hook.unknown",
        "plugin {plugin}: there is no hook {hook}; if another plugin offers it, enable that first, "
        "or mark it @hook(optionalhook=True)",
        plugin=plugin,
        hook=name,
    )


def _mismatches(
    plugin: str, spec: Spec, function: Callable[..., object], options: Mapping[str, Any]
) -> Iterator[Invalid]:
    parameters = inspect.signature(function).parameters.values()
    for p in parameters:
        if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
            continue
        if p.kind is p.POSITIONAL_ONLY or p.name not in spec.arguments:
            yield Invalid(
                "hook.argument",
                "plugin {plugin}: hook {hook} has no argument {argument}; it has {arguments}, each "
                "passed by keyword",
                plugin=plugin,
                hook=spec.name,
                argument=p.name,
                arguments=", ".join(spec.arguments) or "-",
            )
    if options.get("wrapper") or options.get("hookwrapper"):
        yield _not_so(plugin, spec, "wrappers are not supported")
    if spec.kind is Kind.PROVIDES and is_async(function):
        yield _not_so(plugin, spec, "is asked while loading and must be a plain function")
    refusal = declared_on_failure(function)
    if refusal is not None and (spec.kind is not Kind.ASKS or not fits(spec.function, refusal)):
        yield _not_so(
            plugin, spec, f"on_failure: {expected_text(spec.function)} is what it answers"
        )


def _not_so(plugin: str, spec: Spec, why: str) -> Invalid:
    return Invalid(
        "hook.unsuitable",
        "plugin {plugin}: hook {hook}: {why}",
        plugin=plugin,
        hook=spec.name,
        why=why,
    )
