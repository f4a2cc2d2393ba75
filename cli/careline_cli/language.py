"""The language of the command line: CARELINE_LANG, else the locale's, else Chinese."""

from __future__ import annotations

import os

from careline.i18n import Lang


def language() -> Lang:
    """``zh`` or ``en``."""
    chosen = os.environ.get("CARELINE_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG")
    return "en" if (chosen or "").startswith("en") else "zh"
