"""A StarPy program: a FastAGI menu that reads a department's number and sets where to go.

usage: ivr.py PORT (0: any; it prints the one it has)
"""

import logging
import sys

from twisted.internet import reactor  # noqa: TID251 - a program of its own

from careline.starpy import error, fastagi

log = logging.getLogger("ivr")

DEPARTMENTS = {"1": "cardiology", "2": "surgery"}


class Menu:
    def __init__(self, agi):
        self.agi = agi

    def start(self):
        sequence = fastagi.InSequence()
        sequence.append(self.agi.answer)
        sequence.append(self.agi.setVariable, "PATIENT", 'Li "Xiao" Ming')
        sequence.append(self.agi.getVariable, "PATIENT")
        sequence.append(self.agi.wait, 0.1)
        sequence.append(self.agi.streamFile, "beep", "#")
        return sequence().addCallback(self.ask)

    def ask(self, results):
        print("prepared:", results[0], results[2], results[3], flush=True)
        df = self.agi.getData("beep", timeout=1.5, maxDigits=1)
        return df.addCallback(self.chosen)

    def chosen(self, result):
        digits, timed_out = result
        print("chosen:", repr(digits), timed_out, flush=True)
        sequence = fastagi.InSequence()
        sequence.append(self.agi.setVariable, "DEPARTMENT", DEPARTMENTS.get(digits, "operator"))
        sequence.append(self.agi.execute, "NoOp", "one", "two")
        sequence.append(self.agi.sayNumber, 42, "#")
        return sequence()

    def end(self, results):
        print("end:", results, flush=True)
        return self.agi.finish()


def onCall(agi):
    print("call:", agi.variables["agi_extension"], agi.variables["agi_network_script"], flush=True)
    agi.onClose().addErrback(lambda reason: print("closed", flush=True))
    menu = Menu(agi)

    def failed(reason):
        reason.trap(error.AGICommandFailure)
        print("failed:", reason.value.args, flush=True)
        return agi.jumpOnError(reason, difference=100)

    return menu.start().addCallback(menu.end).addErrback(failed)


if __name__ == "__main__":
    logging.basicConfig()
    port = reactor.listenTCP(int(sys.argv[1]), fastagi.FastAGIFactory(onCall), 50, "127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()
