"""What the supervisor must know of one child process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import field, frozen


@frozen
class ChildSpec:
    """One program to keep alive. Times in seconds.

    ``log`` receives its output (also shown, unless ``detached``); ``pid_file`` remembers it for
    the next supervisor. ``beats``: it writes heart-beats (:func:`beat_to_supervisor`), is killed
    after ``silence_s`` without one, and ends itself when the supervisor is gone.
    ``detached``: it outlives a supervisor that is killed; ``running`` then finds it (process id)
    and it is adopted. ``keep``: it also outlives a supervisor that is stopped.
    ``ask_again_s``: how often it is asked to end, 0 = once (Asterisk is deaf while it boots).
    ``check`` is called before the first start and raises CarelineError when that would be vain.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    pid_file: Path | None = None
    env: Mapping[str, str] = field(factory=dict, repr=False)
    beats: bool = False
    silence_s: float = 10.0
    first_beat_s: float = 120.0
    stop_s: float = 10.0
    ask_again_s: float = 0.0
    detached: bool = False
    keep: bool = False
    running: Callable[[], int | None] = field(default=lambda: None)
    check: Callable[[], None] = field(default=lambda: None)
