"""``careline.toml`` and the home directory: read once, checked whole, frozen."""

from careline.config.checks import between, directory, matches, one_of, port, public_address
from careline.config.default import write_default
from careline.config.home import Home, find_home
from careline.config.model import (
    AsteriskSettings,
    BundleSettings,
    CoreSettings,
    DatabaseSettings,
    LogSettings,
    Settings,
    SpeechSettings,
)
from careline.config.reader import Reader
from careline.config.secret import Secret
from careline.config.toml import load, read_tables

__all__ = [
    "AsteriskSettings",
    "BundleSettings",
    "CoreSettings",
    "DatabaseSettings",
    "Home",
    "LogSettings",
    "Reader",
    "Secret",
    "Settings",
    "SpeechSettings",
    "between",
    "directory",
    "find_home",
    "load",
    "matches",
    "one_of",
    "port",
    "public_address",
    "read_tables",
    "write_default",
]
