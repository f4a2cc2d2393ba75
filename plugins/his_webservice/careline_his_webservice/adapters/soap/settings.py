"""The table of a system of kind ``soap``."""

from __future__ import annotations

from attrs import field, frozen

from careline.config import Secret, one_of

STYLES = ("typed", "call_service")


@frozen
class SoapSettings:
    """``[plugin.his_webservice.campus.<name>.soap]``."""

    wsdl: str
    """URL of the WSDL, or a file beside careline.toml."""
    mapping: str
    """File of rules beside careline.toml, or ``careline:typed`` for an example that comes along."""
    style: str = field(default="typed", validator=one_of(STYLES))
    """``typed``: an operation for each question; ``call_service``: one for all, with a trade code
    and XML in a text."""
    port: str = ""
    """Name of the port in the WSDL; empty: its first SOAP port."""
    endpoint: str = ""
    """Address to call where the one in the WSDL cannot be reached from here."""
    user: str = ""
    """User name of HTTP basic authentication; empty: none."""
    password: Secret | None = None
