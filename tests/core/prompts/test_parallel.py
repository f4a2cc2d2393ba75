"""The set-up beside a living reactor: two sounds at a time, and calls go on meanwhile."""

import threading
from functools import partial

from tests.core.prompts.conftest import service_in
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from careline.prompts.catalogue import Wanted
from careline.prompts.speech import Engine
from careline.testing.runner import the_reactor

WANTED = tuple(Wanted("zh", f"n-{n}", f"tone:{300 + n}:0.1") for n in range(8))


class Meeting(Engine):
    """Each sound waits until another one is made beside it."""

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "both", threading.Barrier(2, timeout=20))

    def speak(self, text, lang, out):
        self.both.wait()
        super().speak(text, lang, out)


def test_two_sounds_are_made_at_a_time_outside_the_reactors_thread(spin, tmp_path):
    reactor = the_reactor()
    pool = ThreadPool(2, 2)
    pool.start()
    threads = []

    def progress(done, total, name):
        threads.append(threading.current_thread())

    try:
        service = service_in(
            tmp_path,
            reactor,
            engine=Meeting(),
            wanted=WANTED,
            in_thread=partial(deferToThreadPool, reactor, pool),
        )
        result = spin(service.set_up(progress))
    finally:
        pool.stop()
        service.db.engine.dispose()
    assert result.made == len(WANTED)
    assert threads == [threading.main_thread()] * len(WANTED)
