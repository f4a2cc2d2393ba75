"""One way to the database: plain functions that take a transaction, run in database threads.

``store.py`` files declare tables on :data:`metadata` and functions ``add_x(tx, x)``; services call
``await db.run(add_x, x)``. What comes out is frozen values, never rows.
"""

from careline.storage.columns import BigId, EnumValue, Json, UTCDateTime, metadata
from careline.storage.database import Database, open_database
from careline.storage.inline import InlineThreads
from careline.storage.tx import AnyRow, Tx, read_committed

__all__ = [
    "AnyRow",
    "BigId",
    "Database",
    "EnumValue",
    "InlineThreads",
    "Json",
    "Tx",
    "UTCDateTime",
    "metadata",
    "open_database",
    "read_committed",
]
