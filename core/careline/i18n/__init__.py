"""Languages: texts, dates and figures as readers of Chinese (first) and English expect them.

English msgids in ``str.format`` form live in the code; each package holds their translations in
``locale/<lang>/LC_MESSAGES/<package>.po``, read with Babel when the first text is asked for.
"""

from careline.i18n.catalog import DEFAULT, LANGUAGES, Lang, catalog, language
from careline.i18n.formats import (
    format_clock,
    format_date,
    format_datetime,
    format_day,
    format_duration,
    format_money,
    format_number,
    format_percent,
    format_time,
)
from careline.i18n.reasons import reason
from careline.i18n.texts import Text, error_text, translate, translate_plural

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "Lang",
    "Text",
    "catalog",
    "error_text",
    "format_clock",
    "format_date",
    "format_datetime",
    "format_day",
    "format_duration",
    "format_money",
    "format_number",
    "format_percent",
    "format_time",
    "language",
    "reason",
    "translate",
    "translate_plural",
]
