"""The dialplan: a static file with its few site values in front of it."""

from __future__ import annotations

from importlib.resources import files


def dialplan(agi_port: int, language: str = "zh", agi_host: str = "127.0.0.1") -> str:
    """Text of extensions.conf: the core's FastAGI address and the language callers begin with.

    ``agi_host`` is one address, not a name: Asterisk waits 2 s for each address of a dead host.
    """
    plan = files("careline.asterisk").joinpath("data/extensions.conf").read_text(encoding="utf-8")
    return (
        "[general]\nstatic=yes\nwriteprotect=yes\n\n[globals]\n"
        f"CARELINE_AGI=agi://{agi_host}:{agi_port}\nCARELINE_LANGUAGE={language}\n\n{plan}"
    )
