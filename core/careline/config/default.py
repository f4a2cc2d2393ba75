"""The first careline.toml of a new home."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from careline.config.atomic import write_atomic
from careline.config.home import Home
from careline.config.secret import new_secret
from careline.errors import Conflict, Unavailable
from careline.i18n import reason


def write_default(home: Home) -> Path:
    """Write careline.toml and its secrets into ``home``; Conflict when there is one already.

    The configuration comes last: while it is missing, the home is not one, and this runs again.
    """
    if home.config.exists():
        raise Conflict("config.exists", "{file} exists already; edit it instead", file=home.config)
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        home.secrets.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            "home.create",
            "{home} cannot be created: {reason}",
            home=home.root,
            reason=reason(error),
        ) from error
    ami = home.secrets / "ami"
    if not ami.exists():
        write_atomic(ami, new_secret().reveal() + "\n", mode=0o600)
    text = files("careline.config").joinpath("data/careline.toml").read_text(encoding="utf-8")
    write_atomic(home.config, text)
    return home.config
