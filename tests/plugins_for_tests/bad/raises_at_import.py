"""Cannot be imported."""

raise KeyError("no such thing")
