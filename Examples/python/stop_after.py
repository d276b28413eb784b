#!/usr/bin/env python3
"""Sends a message to Penstock, stops the answer after some chunks, and shows how it ended.

Needs the package `websockets`.
"""

import argparse
import asyncio
import json
import uuid
from datetime import datetime, timezone

import websockets


def event(kind, payload, event_id=None):
    """A command in Penstock's envelope. Its id is the request_id of every answer to it."""
    return json.dumps({
        "id": event_id or str(uuid.uuid4()),
        "type": kind,
        "payload": payload,
        "timestamp": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
    })


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="ws://127.0.0.1:8080/ws")
    parser.add_argument("--after", type=int, default=3, help="chunks to take before the stop")
    parser.add_argument("content", nargs="?", default="Count, please.")
    arguments = parser.parse_args()

    async with websockets.connect(arguments.url) as socket:
        request = str(uuid.uuid4())
        await socket.send(event("message.send", {"content": arguments.content}, request))
        chunks = 0
        async for frame in socket:
            received = json.loads(frame)
            kind, payload = received["type"], received["payload"]
            if kind == "message.streaming.chunk":
                print(payload["chunk"]["content"], end="", flush=True)
                chunks += 1
                if chunks == arguments.after:
                    await socket.send(event("message.stop", {"request_id": request, "reason": "seen enough"}))
            elif kind == "message.queued" and payload["position"] > 0:
                print(f"{payload['position'] - 1} ahead of you")
            elif kind == "message.streaming.restart":
                print("\n(the answer begins anew)")
                chunks = 0
            elif kind == "response.success":
                # From here on not one more chunk of this request arrives.
                print(f"\nacknowledged: {payload['result']['outcome']}")
            elif kind == "message.streaming.complete":
                metadata = payload["metadata"]
                print(f"ended: {metadata['finish_reason']}, {metadata['usage']['output_tokens']} tokens saved")
                return
            elif kind in ("response.error", "message.streaming.error", "connection.error"):
                raise SystemExit(f"\n{payload['error_code']}: {payload['message']}")


if __name__ == "__main__":
    asyncio.run(main())
