"""A llama.cpp server in a child process that ends with its owner."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from masdesign.errors import InputError, ProviderError, UnknownModel

START_SECONDS = 300.0
"""Seconds to wait for a server that loads its model."""
_QUIET = 3.0  # seconds to wait for a server to end by itself


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How a server is started."""

    path: str
    window: int
    """Tokens of a slot: prompt and completion of one call."""
    slots: int = 4
    """Calls that are computed at once."""
    threads: int = 1
    gpu_layers: int = 0
    """Layers of the model that a GPU computes, where the library was built for one."""
    pooling: int | None = None
    """How the tokens' vectors become one of a text (llama.cpp's number); ``None``: it writes text."""


def free_threads() -> int:
    """One core fewer than there are: two threads on busy cores wait for each other.

    >>> free_threads() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


class LlamaServer:
    """One server, started on construction; `address` waits until it answers.

    It listens on the loopback address alone, requires a key that is generated for it, and logs to the file
    ``log``.

    Raises:
        InputError: the extra ``local`` is not installed.
    """

    def __init__(self, settings: ServerSettings) -> None:
        if find_spec("xllamacpp") is None:
            raise InputError("local models need the extra `local`: pip install 'masdesign[local]'")
        self.key, self._path = secrets.token_urlsafe(24), settings.path
        handle, name = tempfile.mkstemp(prefix="masdesign-llama-", suffix=".log")
        self.log = Path(name)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "masdesign.lm.local.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=handle,
            text=True,
            env=_environment(),
            start_new_session=True,  # Ctrl-C in the terminal is for the owner alone
        )
        os.close(handle)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps({**asdict(settings), "key": self.key}) + "\n")
            self._process.stdin.flush()

    def address(self) -> str:
        """The base URL, with ``/v1``. Blocking: it takes seconds until the model is loaded.

        Raises:
            UnknownModel: the server ended: it cannot load the file.
            ProviderError: it did not answer in time.
        """
        assert self._process.stdout is not None
        start, timer = time.monotonic(), threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline().strip()
        finally:
            timer.cancel()
        if line:
            return f"{line}/v1"
        if time.monotonic() >= start + START_SECONDS:
            raise ProviderError(f"the llama.cpp server did not start within {START_SECONDS:g} s")
        raise UnknownModel(f"llama.cpp cannot serve the model file {self._path}: {self._last_words()}")

    @property
    def is_up(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process and remove its log; a second call does nothing."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(_QUIET)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.log.unlink(missing_ok=True)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = [line for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]
            causes = [line for line in lines if "error loading model" in line]
            return (causes or lines)[-1][:200] if lines else "it wrote nothing"
        return "it wrote nothing"


def _environment() -> dict[str, str]:
    """The owner's, without the keys of providers: the server needs none."""
    return {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
