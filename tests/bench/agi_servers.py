"""``python -m tests.bench.agi_servers KIND``: one FastAGI server, for the benchmark.

Prints its port and serves until its standard input is closed. Each kind does the same to a call.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from twisted.internet import reactor  # noqa: TID251 - a program of its own
from twisted.internet.protocol import Protocol
from twisted.internet.stdio import StandardIO

PROMPT = "careline/greeting"


async def careline_call(session: Any) -> None:
    await session.answer()
    await session.get_variable("CARELINE_STATE")
    await session.stream_file(PROMPT, "0123456789")
    await session.set_variable("CARELINE_STEP", "queue")
    await session.verbose("done")


def careline() -> None:
    from careline.clock import Clock
    from careline.tasks import Tasks
    from careline.telephony.agi.server import AgiServer

    run: Any = reactor
    server: Any = AgiServer(run, Clock(run), Tasks(), careline_call)
    _until_closed(server.listen(0, "127.0.0.1"))


def starpy_call(agi: Any) -> Any:
    from careline.starpy import fastagi

    sequence = fastagi.InSequence()
    sequence.append(agi.answer)
    sequence.append(agi.getVariable, "CARELINE_STATE")
    sequence.append(agi.streamFile, PROMPT, "0123456789")
    sequence.append(agi.setVariable, "CARELINE_STEP", "queue")
    sequence.append(agi.verbose, "done")
    sequence.append(agi.finish)
    return sequence()


def starpy() -> None:
    from careline.starpy import fastagi

    run: Any = reactor
    _until_closed(run.listenTCP(0, fastagi.FastAGIFactory(starpy_call), 50, "127.0.0.1"))


class _Input(Protocol):
    def connectionLost(self, reason: object = None) -> None:
        run: Any = reactor
        if run.running:
            run.stop()


def _until_closed(port: Any) -> None:
    run: Any = reactor
    run.callWhenRunning(StandardIO, _Input())
    print(port.getHost().port, flush=True)
    run.run()


async def panoramisk_call(request: Any) -> None:
    await request.send_command("ANSWER")
    await request.send_command("GET VARIABLE CARELINE_STATE")
    await request.send_command(f'STREAM FILE "{PROMPT}" "0123456789"')
    await request.send_command('SET VARIABLE CARELINE_STEP "queue"')
    await request.send_command('VERBOSE "done"')


async def _panoramisk() -> None:
    from panoramisk.fast_agi import Application

    loop = asyncio.get_running_loop()
    application = Application(loop=loop)
    application.add_route("bench", panoramisk_call)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def panoramisk() -> None:
    asyncio.run(_panoramisk())


if __name__ == "__main__":
    {"careline": careline, "starpy": starpy, "panoramisk": panoramisk}[sys.argv[1]]()
