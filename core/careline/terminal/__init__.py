"""What commands of ``careline`` are made of, the core's and those of plugins alike.

Groups and options whose help speaks the user's language, sentences, tables, JSON, and times in the
hospital's zone. Commands themselves are click's.
"""

from careline.terminal.frame import Group, command, group, json_option, option
from careline.terminal.language import language
from careline.terminal.say import _, complain, listing, print_json, say, table
from careline.terminal.times import local
from careline.terminal.who import who

__all__ = [
    "Group",
    "_",
    "command",
    "complain",
    "group",
    "json_option",
    "language",
    "listing",
    "local",
    "option",
    "print_json",
    "say",
    "table",
    "who",
]
