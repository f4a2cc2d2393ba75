"""The table of a system of kind ``sql``."""

from __future__ import annotations

from attrs import frozen


@frozen
class SqlSettings:
    """``[plugin.his_webservice.campus.<name>.sql]``."""
