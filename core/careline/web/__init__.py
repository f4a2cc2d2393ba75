"""What the workspace's pages are made of; the core's pages use nothing that a plugin could not."""

from careline.hooks import Page as PageEntry
from careline.hooks import Panel, Slot
from careline.web.answers import Answer, Cookie, Download, Empty, Fragment, Json, Page, Redirect
from careline.web.events import Events
from careline.web.forms import FormState, read
from careline.web.routes import PUBLIC, SIGNED_IN, get, post
from careline.web.visit import Upload, Visit

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "Answer",
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
    "Redirect",
    "Slot",
    "Upload",
    "Visit",
    "get",
    "post",
    "read",
]
