"""All shipped prompts, synthesised once for every test of a run."""

import pytest
from tests.support.databases import put_tables
from twisted.internet.defer import maybeDeferred

from careline.clock import Clock
from careline.prompts.folder import Folder
from careline.prompts.service import Prompts
from careline.prompts.speech import Engine
from careline.storage import open_database
from careline.tasks import Tasks


def in_caller(call, /, *args):
    return maybeDeferred(call, *args)


def service_in(folder, fake_clock, **changes):
    """The service on a database of its own, everything inline."""
    clock = Clock(fake_clock)
    db = open_database(f"sqlite:///{folder}/careline.db", clock=clock, tasks=Tasks())
    put_tables(db)
    parts = {"db": db, "folder": Folder(folder / "prompts"), "engine": Engine(), "clock": clock}
    return Prompts(**(parts | {"in_thread": in_caller} | changes))


@pytest.fixture
def make_service(tmp_path):
    from twisted.internet.task import Clock as FakeClock

    made = []

    def make(**changes):
        service = service_in(tmp_path, FakeClock(), **changes)
        made.append(service)
        return service

    yield make
    for service in made:
        service.db.engine.dispose()


@pytest.fixture(scope="session")
def all_prompts(tmp_path_factory):
    """The folder after a full set-up."""
    from twisted.internet.task import Clock as FakeClock

    from careline.testing.runner import run_async

    service = service_in(tmp_path_factory.mktemp("prompts"), FakeClock())
    run_async(service.set_up())
    service.db.engine.dispose()
    return service.folder
