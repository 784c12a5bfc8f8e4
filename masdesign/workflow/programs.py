"""Programs that a model wrote, run safely: for scorers that run tests, and for tools.

The sandbox's interpreter (Monty) goes first: it starts in a millisecond and shares nothing with the machine.
It is not all of Python, so whatever it does not settle (a module that it lacks, a class with a parent, a time
limit that a slower interpreter reaches sooner) goes to an isolated CPython (`masdesign.workflow.isolated`).
"""

from __future__ import annotations

import os
from dataclasses import replace

from masdesign.types import ProgramResult
from masdesign.workflow.guest import GuestError
from masdesign.workflow.isolated import OUTPUT_BYTES, NoIsolation, run_isolated
from masdesign.workflow.limits import Limits
from masdesign.workflow.sandbox import Sandbox
from masdesign.workflow.threads import Threads

UNPROTECTED = "MASDESIGN_UNPROTECTED_PROGRAMS"
"""Environment variable: ``1`` lets programs run without isolation where the machine offers none."""
_SETTLED = frozenset({"AssertionError"})
"""Errors that Monty raises where CPython would: a failed test is no gap of the interpreter."""
_MONTY_ERRORS = frozenset(
    {"ModuleNotFoundError", "ImportError", "NotImplementedError", "SyntaxError", "PermissionError", "OSError"}
)
"""Errors by which Monty says that it lacks something: without CPython there is no verdict."""


class Programs:
    """Runs programs, several at once; use `run` from an event loop.

    ``unprotected`` lets CPython run with resource limits alone where the machine offers no isolation: only
    for programs that one trusts.
    """

    def __init__(self, sandbox: Sandbox, *, processes: int = 2, unprotected: bool | None = None) -> None:
        self._sandbox = sandbox
        self._threads = Threads(processes)
        self._unprotected = os.environ.get(UNPROTECTED) == "1" if unprotected is None else unprotected

    async def run(self, source: str, *, stdin: str = "", seconds: float = 5.0) -> ProgramResult:
        """Run a program within ``seconds`` of processor time.

        Raises:
            NoIsolation: only CPython could tell what it does, and this machine cannot isolate it.
        """
        early = None if stdin or "input(" in source else await self._in_sandbox(source, seconds)
        if early is not None and early[1]:
            return early[0]
        try:
            return await self._isolated(source, stdin, seconds, False)
        except NoIsolation:
            if self._unprotected:
                return await self._isolated(source, stdin, seconds, True)
            if early is None:
                raise
            return early[0]

    async def _isolated(self, source: str, stdin: str, seconds: float, unprotected: bool) -> ProgramResult:
        return await self._threads.run(
            lambda: run_isolated(source, stdin=stdin, seconds=seconds, unprotected=unprotected)
        )

    async def _in_sandbox(self, source: str, seconds: float) -> tuple[ProgramResult, bool] | None:
        """What Monty says, and whether that settles it; ``None`` where it cannot run the program at all."""
        limits = replace(Limits(), seconds=seconds, memory_mb=256, printed=OUTPUT_BYTES, depth=900)
        try:
            value, printed = await self._sandbox.run_program(source, limits)
        except GuestError as error:
            if error.kind in _MONTY_ERRORS or not error.kind:
                return None
            status = "timeout" if error.kind == "TimeoutError" else "error"
            result = ProgramResult("", f"{error.message}\n", "timeout" if status == "timeout" else "error")
            return result, error.kind in _SETTLED
        return ProgramResult(printed, "", "ok", value or ""), True

    def close(self) -> None:
        """End the threads. A later program starts them anew."""
        self._threads.close()
