from __future__ import annotations

#: A project of its own, whose tests are run as such.
collect_ignore = ["outside"]
