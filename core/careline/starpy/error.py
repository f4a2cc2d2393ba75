"""The errors of StarPy's API, and two time-outs that existing ``trap`` calls catch as well."""

from __future__ import annotations


class AMICommandFailure(Exception):
    """An AMI action failed; ``args[0]`` is the response (a dict) or a sentence."""


class AGICommandFailure(Exception):
    """An AGI command failed; ``args`` are the code (-1 or 5xx) and the rest of the line."""


class AMITimeout(AMICommandFailure):
    """Asterisk did not answer an action in time."""


class AGITimeout(AGICommandFailure):
    """Asterisk did not answer a command within the command's own wait and the margin."""


class MenuFinished(Exception):
    """A menu ended otherwise than by a choice."""


class MenuExit(MenuFinished):
    """The caller left the menu on purpose."""


class MenuTimeout(MenuFinished):
    """The caller chose nothing in time."""


class MenuUnexpectedOption(MenuFinished):
    """The caller chose what the menu does not offer."""
