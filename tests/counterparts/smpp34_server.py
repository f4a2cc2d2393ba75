"""An SMSC: the package smpp34 (Rust). Its receipts overtake the answers; each text is told."""

from __future__ import annotations

import asyncio
import json

import smpp34

from careline.testing.ports import free_port


async def main() -> None:
    port = free_port()
    server = smpp34.Server(host="127.0.0.1", port=port, system_id="rust")
    await server.start()
    print(f"ready {port}", flush=True)
    sessions: dict[str, smpp34.Esme] = {}
    count = 0
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            sessions[event.session_id] = event
        elif isinstance(event, smpp34.SubmitSmEvent):
            count += 1
            text = event.short_message
            print(json.dumps({"to": event.destination_addr, "text": text.hex()}), flush=True)
            await sessions[event.session_id].deliver_sm(
                source_addr=event.destination_addr,
                destination_addr=event.source_addr,
                esm_class=0x04,
                short_message=f"id:R{count:04} stat:DELIVRD err:000".encode(),
            )
            event.accept(message_id=f"r{count:04}")


if __name__ == "__main__":
    asyncio.run(main())
