"""Known voices and trained ears: each browser speaks in beeps of one pitch, and finds others'."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

RATE = 48_000
#: Pitches in hertz that no instrument of the music on hold plays: all lie between two of its notes.
PATIENT, FIRST, SECOND, LEADER = 453, 678, 960, 1281


def beeps(path: Path, hertz: int) -> Path:
    """A voice of one pitch, 0.3 s of each half a second: what lasts is taken for noise."""
    on, whole = RATE * 3 // 10, RATE // 2
    loud = [int(14_000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(on)]
    with wave.open(str(path), "w") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", (loud + [0] * (whole - on)) * 4).tobytes())
    return path


#: Listens to every call of a page; ``hears(hertz)`` is true while that pitch stands out of it.
EARS = """
(() => {
  const Connection = window.RTCPeerConnection;
  const ears = [];
  let context;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      this.addEventListener("track", ({ track }) => {
        context ??= new AudioContext();
        const ear = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        context.createMediaStreamSource(new MediaStream([track])).connect(ear);
        ears.push({ ear, track, connection: this });
      });
    }
  };
  const listens = ({ track, connection }) =>
    track.readyState === "live" && connection.connectionState === "connected";
  window.hears = (hertz) => ears.filter(listens).some(({ ear }) => {
    const bins = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(bins);
    const at = (pitch) => Math.round((pitch * ear.fftSize) / context.sampleRate);
    const voice = Math.max(...bins.slice(at(hertz) - 1, at(hertz) + 2));
    const around = [...bins.slice(at(300), at(3000))].sort((a, b) => a - b);
    return voice > -75 && voice > around[around.length >> 1] + 25;
  });
  window.hearsAnything = () => ears.filter(listens).some(({ ear }) => {
    const wave = new Float32Array(ear.fftSize);
    ear.getFloatTimeDomainData(wave);
    return wave.some((value) => Math.abs(value) > 0.01);
  });
  window.packets = async () => {
    const found = { sent: 0, received: 0, lost: 0 };
    const now = ears.filter(listens).at(-1);
    for (const report of (await now?.connection.getStats())?.values() ?? []) {
      found.sent += report.type === "outbound-rtp" ? report.packetsSent : 0;
      found.received += report.type === "inbound-rtp" ? report.packetsReceived : 0;
      found.lost += report.type === "inbound-rtp" ? report.packetsLost : 0;
    }
    return found;
  };
})();
"""
