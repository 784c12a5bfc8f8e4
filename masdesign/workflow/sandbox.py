"""Where untrusted workflows run: a pool of sandboxed interpreters (Monty), each a process of its own.

While an item waits for completions its interpreter is kept, as long as there are not too many of them and
it holds little; else its state is a few kilobytes of bytes, so that thousands of items are in flight.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from masdesign.types import Question
from masdesign.workflow import guest
from masdesign.workflow.guest import Step, Waiting
from masdesign.workflow.limits import Limits, ToolError, design_failure
from masdesign.workflow.threads import Threads
from masdesign.workflow.values import to_guest

if TYPE_CHECKING:
    from pydantic_monty import Monty

DEFAULT_LIMITS = Limits()

_MOST_PREPARED = 256
"""Programs whose prepared state is kept."""
_MOST_KEPT = 256
"""Interpreters that wait as they are, each a process of about a megabyte."""
_SHARE = 8
"""They take at most this part of the files and processes that this process may have: each has three files."""


@dataclass(frozen=True, slots=True)
class GuestProgram:
    """A design made ready: prelude and rewritten source, and the line of the original for each of its own."""

    prelude: str
    source: str
    lines: Mapping[int, int]


Stretch = Callable[[Waiting | None], Step]


class Sandbox(Protocol):
    """Runs untrusted source.

    **Contract.** Nothing outside the program and the results it is given can be read or changed by it.
    Every method ends within the limits. A program's own fault raises `ItemFailed` with the line of
    its source where that is known; the sandbox serves on. The event loop is never blocked.
    """

    async def start(self, program: GuestProgram, question: Question, seed: int, limits: Limits) -> Step:
        """Runs ``workflow(question)`` until it returns, or all of it waits for block calls."""
        ...

    async def resume(
        self, program: GuestProgram, waiting: Waiting, results: Mapping[int, guest.Outcome], limits: Limits
    ) -> Step:
        """Goes on with the outcome of each call waited for, by its id."""
        ...

    async def run_python(self, source: str, limits: Limits = DEFAULT_LIMITS) -> str:
        """The value of the program's last expression as text, else what it printed; or `ToolError`."""
        ...

    async def run_program(self, source: str, limits: Limits = DEFAULT_LIMITS) -> tuple[str | None, str]:
        """The value of the program's last expression as text (or ``None``), and what it printed.

        Raises `guest.GuestError` where it ends badly.
        """
        ...


class MontySandbox:
    """The sandbox on Monty, an interpreter of Python in Rust. Use as a context manager, sync or async.

    The processes start with the first step. ``request_timeout`` bounds one step in wall seconds, should
    an interpreter not keep to its own limits.
    """

    def __init__(self, processes: int = 2, *, request_timeout: float = 30.0) -> None:
        self._processes, self._request_timeout = processes, request_timeout
        self._pool: Monty | None = None
        self._opening = threading.Lock()
        self._threads = Threads(processes)
        self._prepared: OrderedDict[tuple[str, str, Limits], bytes] = OrderedDict()
        self._most_kept = _most_kept()
        self._places = guest.InterpreterPlaces(self._most_kept)

    async def start(self, program: GuestProgram, question: Question, seed: int, limits: Limits) -> Step:
        item = to_guest(question)

        def begin(_: Waiting | None) -> Step:
            prepared = self._prepare(program, limits)
            return guest.start(self._open(), prepared, item, seed, limits, self._places)

        return await self._step(begin, program, (None,))

    async def resume(
        self, program: GuestProgram, waiting: Waiting, results: Mapping[int, guest.Outcome], limits: Limits
    ) -> Step:
        def go_on(waiting: Waiting | None) -> Step:
            assert waiting is not None
            return guest.resume(self._open(), waiting, results, limits, self._places)

        trail = waiting.trail if isinstance(waiting.state, guest.KeptInterpreter) else (waiting,)
        return await self._step(go_on, program, trail, waiting)

    async def run_python(self, source: str, limits: Limits = DEFAULT_LIMITS) -> str:
        try:
            return await self._threads.run(lambda: guest.evaluate(self._open(), source, limits))
        except guest.GuestError as error:
            raise ToolError(f"the program failed: {error.message}") from None

    async def run_program(self, source: str, limits: Limits = DEFAULT_LIMITS) -> tuple[str | None, str]:
        return await self._threads.run(lambda: guest.run_program(self._open(), source, limits))

    async def _step(
        self, stretch: Stretch, program: GuestProgram, trail: tuple[Any, ...], at: Waiting | None = None
    ) -> Step:
        """Run a stretch; ``trail`` leads to where it begins again, should a kept interpreter be lost."""

        def again() -> Step:
            reached, *stretches = (*trail, stretch)
            for each in stretches:
                reached = each(reached)
            return cast("Step", reached)

        try:
            try:
                step = await self._threads.run(lambda: stretch(at))
            except guest.GuestCrashed:  # once may be the machine's fault
                step = await self._threads.run(again)
        except guest.GuestError as error:
            line = program.lines.get(error.line) if error.line is not None else None
            raise design_failure(error.message, error.cure, line) from None
        if isinstance(step, Waiting) and isinstance(step.state, guest.KeptInterpreter):
            step.trail = (*trail, stretch)
        return step

    def _prepare(self, program: GuestProgram, limits: Limits) -> bytes:
        """The state of a fresh interpreter that holds the program, made once."""
        key = (program.prelude, program.source, limits)
        state = self._prepared.get(key)
        if state is None:
            state = guest.prepare(self._open(), program.prelude, program.source, limits)
            self._prepared[key] = state
            while len(self._prepared) > _MOST_PREPARED:
                self._prepared.popitem(last=False)
        return state

    def _open(self) -> Monty:
        with self._opening:
            if self._pool is None:
                from pydantic_monty import Monty

                most = self._processes + self._most_kept
                self._pool = Monty(max_processes=most, request_timeout=self._request_timeout)
                self._pool.__enter__()
            return self._pool

    def close(self) -> None:
        """Ends the threads and the processes. A later step starts them anew."""
        self._threads.close()
        with self._opening:
            if self._pool is not None:
                self._pool.__exit__(None, None, None)
                self._pool = None

    def __enter__(self) -> MontySandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> MontySandbox:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def _most_kept() -> int:
    """How many interpreters may be kept: a share of the files and processes that this process may have."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)]
    with suppress(OSError, ValueError):
        limits.append(int(Path("/sys/fs/cgroup/pids.max").read_text()))
    return min([_MOST_KEPT, *(limit // _SHARE for limit in limits if limit >= 0)])
