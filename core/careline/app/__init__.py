"""The composition root: one core, built floor upon floor, and its life as a process."""

from careline.app.life import App
from careline.app.process import run_core

__all__ = ["App", "run_core"]
