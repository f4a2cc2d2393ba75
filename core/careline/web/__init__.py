"""What the workspace's pages are made of; the core's pages use nothing that a plugin could not."""

from careline.hooks import Page as PageEntry
from careline.hooks import Panel, Slot
from careline.web.answers import (
    Answer,
    Cookie,
    Download,
    Empty,
    Fragment,
    Json,
    Page,
    Ranged,
    Redirect,
)
from careline.web.events import Events
from careline.web.forms import FormState, read
from careline.web.plots import Plot, PlotKind, Series
from careline.web.reports import Asked, Cell, Column, ReportTable
from careline.web.routes import PUBLIC, SIGNED_IN, get, post
from careline.web.toast import toast
from careline.web.visit import Upload, Visit

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "Answer",
    "Asked",
    "Cell",
    "Column",
    "Cookie",
    "Download",
    "Empty",
    "Events",
    "FormState",
    "Fragment",
    "Json",
    "Page",
    "PageEntry",
    "Panel",
    "Plot",
    "PlotKind",
    "Ranged",
    "Redirect",
    "ReportTable",
    "Series",
    "Slot",
    "Upload",
    "Visit",
    "get",
    "post",
    "read",
    "toast",
]
