"""The chat server of asyncio tutorials, with the four plain actions: streams, one JSON object a line, a writer each.

Usage: python3 tutorial.py PORT [uvloop]
"""
import asyncio
import json
import sys

rooms = {}


def send(writer, frame):
    writer.write(json.dumps(frame).encode() + b"\n")


async def serve(reader, writer):
    name = None
    joined = set()
    try:
        while line := await reader.readline():
            frame = json.loads(line)
            action = frame.get("action")
            if action == "connect":
                name = frame["username"]
            elif action == "joinroom":
                rooms.setdefault(frame["room"], set()).add(writer)
                joined.add(frame["room"])
            elif action == "leaveroom":
                rooms.get(frame["room"], set()).discard(writer)
                joined.discard(frame["room"])
            elif action == "chat":
                message = {"action": "chat", "room": frame["room"], "message": frame["message"], "from": name}
                others = [other for other in rooms.get(frame["room"], ()) if other is not writer]
                for other in others:
                    send(other, message)
                await asyncio.gather(*(other.drain() for other in others), return_exceptions=True)
    except (ConnectionError, asyncio.IncompleteReadError, ValueError):
        pass
    finally:
        for room in joined:
            rooms.get(room, set()).discard(writer)
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=1 << 20, backlog=4096)
    async with server:
        await server.serve_forever()


if sys.argv[2:] == ["uvloop"]:
    import uvloop

    uvloop.install()
asyncio.run(main())
