"""Run an untrusted Python program in an isolated CPython: a process of its own that has nothing but itself.

`masdesign.workflow.cell` says what is shut out and how. This side starts it with an empty environment and a
scratch folder that is removed afterwards, feeds its input, and ends it at the first of: wall-clock time,
too much output, too much in the scratch folder.
"""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from masdesign.errors import InputError
from masdesign.types import ProgramResult
from masdesign.workflow import cell

OUTPUT_BYTES = 65_536
"""Most that a program may print, on standard output and standard error each."""
SCRATCH_BYTES, SCRATCH_FILES = 64 << 20, 1000
_ENVIRONMENT = {
    "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip
_LOOK_EVERY = 0.1


class NoIsolation(InputError):
    """This machine cannot isolate a program, so none was run."""


def run_isolated(
    source: str, *, stdin: str = "", seconds: float = 5.0, unprotected: bool = False
) -> ProgramResult:
    """Run a program and wait for its end; call it from a thread, not from an event loop.

    Parameters:
        seconds: processor time. Wall-clock time may be twice as long and five seconds more, so that a busy
            machine fails no program.
        unprotected: run with resource limits alone. Only for programs that one trusts.

    Raises:
        NoIsolation: the machine offers no isolation.

    >>> run_isolated("import collections\\nprint('hello')\\n6 * 7").value
    '42'
    """
    scratch = os.path.realpath(tempfile.mkdtemp(prefix="masdesign-"))
    job = {"source": source, "scratch": scratch, "seconds": seconds, "isolate": not unprotected}
    given = json.dumps(job).encode() + b"\n" + stdin.encode("utf-8", "surrogateescape")
    read_end, write_end = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(Path(cell.__file__)), str(write_end)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(write_end,),
            env=_ENVIRONMENT, cwd=scratch, start_new_session=True,
        )  # fmt: skip
        os.close(write_end)
        with process:
            talk = _Talk(process, given, read_end, scratch)
            return _result(process, talk.until(time.monotonic() + 2 * seconds + 5), talk)
    finally:
        os.close(read_end)
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass
class _Talk:
    """What goes into the process and what comes out of it, until it ends or is ended."""

    process: subprocess.Popen[bytes]
    given: bytes
    outcome_end: int
    scratch: str
    taken: dict[str, bytearray] = field(default_factory=dict)

    def until(self, deadline: float) -> Literal["", "timeout", "limit"]:
        """Why the process had to be ended; empty where it ended itself."""
        process = self.process
        assert process.stdin
        assert process.stdout
        assert process.stderr
        with selectors.DefaultSelector() as selector:
            for name, stream in (
                ("stdout", process.stdout.fileno()), ("stderr", process.stderr.fileno()),
                ("outcome", self.outcome_end),
            ):  # fmt: skip
                os.set_blocking(stream, False)
                selector.register(stream, selectors.EVENT_READ, name)
                self.taken[name] = bytearray()
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin.fileno(), selectors.EVENT_WRITE, "stdin")
            why = self._pump(selector, deadline)
        if why:
            with suppress(ProcessLookupError):
                process.kill()
        process.wait()
        return why

    def _pump(self, selector: selectors.BaseSelector, deadline: float) -> Literal["", "timeout", "limit"]:
        looked = time.monotonic()
        while selector.get_map():
            now = time.monotonic()
            if now > deadline:
                return "timeout"
            if now - looked > _LOOK_EVERY:
                looked = now
                if _too_full(self.scratch):
                    return "limit"
            for key, _ in selector.select(min(_LOOK_EVERY, deadline - now)):
                if key.data == "stdin":
                    self._feed(selector)
                elif not (data := os.read(key.fd, 65_536)):
                    selector.unregister(key.fd)
                else:
                    self.taken[key.data] += data
                    if len(self.taken[key.data]) > (1 << 20 if key.data == "outcome" else OUTPUT_BYTES):
                        return "limit"
        return ""

    def _feed(self, selector: selectors.BaseSelector) -> None:
        assert self.process.stdin
        try:
            self.given = self.given[os.write(self.process.stdin.fileno(), self.given[:65_536]) :]
        except BrokenPipeError:
            self.given = b""
        if not self.given:
            selector.unregister(self.process.stdin.fileno())
            with suppress(BrokenPipeError):
                self.process.stdin.close()


def _too_full(scratch: str) -> bool:
    size = files = 0
    for folder, _, names in os.walk(scratch):
        files += 1 + len(names)
        for name in names[:SCRATCH_FILES]:
            with suppress(OSError):
                size += os.lstat(os.path.join(folder, name)).st_blocks * 512
        if size > SCRATCH_BYTES or files > SCRATCH_FILES:
            return True
    return False


def _result(
    process: subprocess.Popen[bytes], why: Literal["", "timeout", "limit"], talk: _Talk
) -> ProgramResult:
    stdout, stderr = (
        bytes(talk.taken[name][:OUTPUT_BYTES]).decode("utf-8", "replace") for name in ("stdout", "stderr")
    )
    if why:
        return ProgramResult(stdout, stderr, why)
    outcome: dict[str, Any] = {}
    with suppress(ValueError):
        outcome = json.loads(bytes(talk.taken["outcome"]) or b"{}")
    if isinstance(outcome, dict) and "refused" in outcome:
        raise NoIsolation(
            f"this machine does not isolate programs ({outcome['refused']}), so none is run; "
            "run them on Linux with Landlock or user namespaces, or allow unprotected programs"
        )
    if isinstance(outcome, dict) and outcome.get("status") in ("ok", "error", "limit"):
        return ProgramResult(stdout, stderr, outcome["status"], str(outcome.get("value", "")))
    if process.returncode == -signal.SIGXCPU:
        return ProgramResult(stdout, stderr, "timeout")
    if process.returncode == -signal.SIGKILL:
        return ProgramResult(stdout, stderr, "limit")
    return ProgramResult(stdout, stderr or f"ended with code {process.returncode}\n", "error")
