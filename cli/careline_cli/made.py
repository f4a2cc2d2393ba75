"""Values made from options."""

from __future__ import annotations

from typing import Any


def given(**values: Any) -> dict[str, Any]:
    """Those options that were given."""
    return {name: value for name, value in values.items() if value is not None}
