"""A server with few descriptors: `python small_server.py DESCRIPTORS SECONDS` prints its port."""

from __future__ import annotations

import asyncio
import resource
import sys

from masdesign.lm import Scripted
from masdesign.serve.app import ServeLimits
from masdesign.serve.backend import ModelBackend
from masdesign.serve.server import bind, serve

if __name__ == "__main__":
    descriptors, seconds = int(sys.argv[1]), float(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    place = bind(0)
    backend = ModelBackend(("echo",), Scripted(lambda request: "x" * 200_000))
    limits = ServeLimits(seconds_to_ask=seconds, per_minute=1000)
    port = place.getsockname()[1]
    try:
        asyncio.run(serve(backend, place, limits, started=lambda server: print(port, flush=True)))
    except KeyboardInterrupt:
        print("ended")
