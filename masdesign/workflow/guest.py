"""One stretch of guest code in one interpreter: from its start or its last wait to its next wait or end.

Blocking, called from the sandbox's threads. What ends a stretch early is a `GuestError` in words that
the writer of the design can use.
"""

from __future__ import annotations

import ast
import datetime
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from masdesign.syntax import tree_of
from masdesign.workflow.limits import Limits
from masdesign.workflow.prelude import ENTRY

if TYPE_CHECKING:
    from pydantic_monty import Monty, MontyError, MontySession, ResourceLimits

_SOURCE = "<python-input-1>"
"""Monty's name for the second feed of a session: the design's source, after the prelude."""

_MOST_SAID = 500
"""Characters of an error's own words: a design may raise one with megabytes, and every item's is kept."""

_AT_ONCE = "_md_now"
"""The external function that gives its result, and no future: for functions that are not async."""


_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class GuestError(Exception):
    """The guest's code ended badly; ``line`` is of the fed source.

    ``kind`` is the name of the exception that the guest raised, where it raised one.
    """

    def __init__(self, message: str, cure: str = "", line: int | None = None, kind: str = "") -> None:
        super().__init__(message)
        self.message, self.cure, self.line, self.kind = message, cure, line, kind


class GuestCrashed(GuestError):
    """The interpreter's process is gone, and not for taking too long: the stretch can be run again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a block call came to: a plain value, or the error to raise in the guest."""

    value: Any = None
    error: str | None = None


class _Printed:
    """Counts the bytes that a stretch prints, which nobody reads."""

    def __init__(self, most: int) -> None:
        self.most, self.size = most, 0

    def __call__(self, _: str, text: str) -> None:
        self.size += len(text.encode("utf-8", "replace"))
        if self.size > self.most:
            raise MemoryError(f"{self.size} > {self.most} bytes")


class InterpreterPlaces:
    """Places for kept interpreters; one is added each time `_WORTH` steps found none free."""

    def __init__(self, most: int, free: int = 0) -> None:
        self._free, self._more, self._missed, self._guard = free, most - free, 0, Lock()

    def take(self) -> bool:
        """Take a place, where there is one."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            self._missed += 1
            grows = self._more > 0 and self._missed % _WORTH == 0
            self._more -= grows
            return grows

    def release(self) -> None:
        """Give a place back."""
        with self._guard:
            self._free += 1


_WORTH = 6
"""Times that a state is written out and read in again, for the time that a process takes to start (2 ms)."""
NO_PLACES = InterpreterPlaces(0)
"""Every interpreter that waits is written out."""


@dataclass(eq=False, slots=True)
class KeptInterpreter:
    """An interpreter that waits as it is: its state need not be written out and read in again."""

    session: MontySession
    snapshot: Any
    printed: _Printed
    places: InterpreterPlaces
    """One of these is its own."""
    taken: bool = False
    """Whether it has gone on."""

    def __del__(self) -> None:
        if not self.taken:  # its item has ended without it
            self.places.release()
            with suppress(Exception):  # the pool may be closed
                self.session.__exit__(None, None, None)


@dataclass(frozen=True, slots=True)
class GuestCall:
    """A block call that the workflow waits for; its arguments are untrusted."""

    id: int
    block: object
    args: object
    kwargs: object


@dataclass(eq=False, slots=True)
class Waiting:
    """A workflow all of whose coroutines wait.

    It waits for one call alone where that was made by a function that is not async.
    """

    calls: list[GuestCall]
    state: bytes | KeptInterpreter
    made: int
    """Block calls made so far."""
    trail: tuple[Any, ...] = ()
    """A state in bytes (or the beginning), and the stretches since: should a kept interpreter be lost."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A workflow that returned; the value is untrusted."""

    value: object


Step = Waiting | Finished


def prepare(pool: Monty, prelude: str, source: str, limits: Limits) -> bytes:
    """The state of an interpreter that holds the prelude and the source."""
    from pydantic_monty import CollectString, MontyError

    try:
        with pool.checkout(limits=_limits(limits), os_policy=_policy()) as session:
            session.feed_run(prelude)
            session.feed_run(source, print_callback=CollectString(limits.printed))
            return session.dump()
    except MontyError as error:
        raise _explain(error, limits) from None


def start(
    pool: Monty, state: bytes, item: Any, seed: int, limits: Limits, places: InterpreterPlaces = NO_PLACES
) -> Step:
    """Runs the workflow of a prepared state on one item.

    Parameters:
        places: for interpreters that are kept while they wait; those that hold little take one.
    """

    def begin(session: MontySession, printed: _Printed) -> Any:
        session.load_session(state)
        inputs = {"_md_item": item, "_md_seed": seed}
        return session.feed_start(ENTRY, inputs=inputs, print_callback=printed)

    return _stretch(pool, begin, 0, limits, places)


def resume(
    pool: Monty,
    waiting: Waiting,
    results: Mapping[int, Outcome],
    limits: Limits,
    places: InterpreterPlaces = NO_PLACES,
) -> Step:
    """Goes on from a wait."""
    state = waiting.state
    settled: dict[int, Any] = {
        i: {"return_value": o.value} if o.error is None else {"exc_type": "RuntimeError", "message": o.error}
        for i, o in results.items()
    }

    def go_on(session: MontySession, printed: _Printed) -> Any:
        from pydantic_monty import FunctionSnapshot, FutureSnapshot

        snapshot: Any
        if isinstance(state, KeptInterpreter):
            snapshot = state.snapshot
        else:
            snapshot = session.load_snapshot(state, print_callback=printed)
        assert isinstance(snapshot, FutureSnapshot | FunctionSnapshot)  # the only kinds that are kept
        if isinstance(snapshot, FutureSnapshot):
            return snapshot.resume(settled)
        (reply,) = settled.values()
        return snapshot.resume(reply)

    return _stretch(
        pool, go_on, waiting.made, limits, places, state if isinstance(state, KeptInterpreter) else None
    )


def _stretch(
    pool: Monty,
    begin: Callable[[MontySession, _Printed], Any],
    made: int,
    limits: Limits,
    places: InterpreterPlaces,
    kept: KeptInterpreter | None = None,
) -> Step:
    """Run the guest to its next wait or its end, in a kept interpreter or in a fresh one."""
    from pydantic_monty import MontyError

    if kept is None:
        session = pool.checkout(limits=_limits(limits), os_policy=_policy())
        printed = _Printed(limits.printed)
    else:
        session, printed = kept.session, kept.printed
        printed.size, kept.taken = 0, True
    has_place, stays = kept is not None, False
    try:
        if kept is None:
            session.__enter__()
        reached = _advance(begin(session, printed), made, limits)
        if isinstance(reached, Finished):
            return reached
        snapshot, calls, made = reached
        has_place = has_place or places.take()
        stays = has_place and _is_small(session, limits)
        state = KeptInterpreter(session, snapshot, printed, places) if stays else _dump(snapshot, limits)
        return Waiting(calls, state, made)
    except MontyError as error:
        raise _explain(error, limits) from None
    finally:
        if not stays:
            session.__exit__(None, None, None)
            if has_place:
                places.release()


def evaluate(pool: Monty, source: str, limits: Limits) -> str:
    """A program on its own, without blocks: its last expression's value as text, else what it printed."""
    value, printed = run_program(pool, source, limits)
    text = printed.strip() if value is None else value
    if len(text) > limits.text:
        raise GuestError(f"the result has {len(text)} characters")
    return text


def run_program(pool: Monty, source: str, limits: Limits) -> tuple[str | None, str]:
    """Run a program on its own: its last expression's value as text (or ``None``), and what it printed."""
    from pydantic_monty import CollectString, MontyComplete, MontyError

    printed = CollectString(limits.printed)
    try:
        with pool.checkout(limits=_limits(limits), os_policy=_policy()) as session:
            session.feed_run("def _md_text(v):\n    return None if v is None else str(v)")
            snapshot: Any = session.feed_start(_as_text(source), print_callback=printed)
            while not isinstance(snapshot, MontyComplete):
                snapshot = _refuse(snapshot)
            value = snapshot.output
    except MontyError as error:
        raise _explain(error, limits) from None
    return None if value is None else str(value), printed.output


def _as_text(source: str) -> str:
    """The program with its last expression turned into text: huge numbers cannot cross as numbers."""
    try:
        tree = tree_of(source)
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):
            call = ast.Call(ast.Name("_md_text", ast.Load()), [last.value], [])
            tree.body[-1] = ast.copy_location(ast.Expr(call), last)
        return ast.unparse(ast.fix_missing_locations(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GuestError(f"not valid Python: {error}") from None


def _advance(snapshot: Any, made: int, limits: Limits) -> tuple[Any, list[GuestCall], int] | Finished:
    """Go on until all of the guest waits: where it does, for which calls, and how many it has made."""
    from pydantic_monty import FunctionSnapshot, FutureSnapshot, MontyComplete

    calls: list[GuestCall] = []
    for _ in range(4 * limits.block_calls):
        if isinstance(snapshot, MontyComplete):
            return Finished(snapshot.output)
        if isinstance(snapshot, FutureSnapshot):
            waited = set(snapshot.pending_call_ids)
            calls = [call for call in calls if call.id in waited]
            if not calls:
                cure = "await block calls, alone or in gather"
                raise GuestError("waits for something that never comes", cure)
            return snapshot, calls, made
        if isinstance(snapshot, FunctionSnapshot) and _is_block_call(snapshot):
            made += 1
            if made > limits.block_calls:
                break
            block, args, kwargs = snapshot.args
            calls.append(GuestCall(snapshot.call_id, block, args, kwargs))
            if snapshot.function_name == _AT_ONCE:
                if len(calls) > 1:
                    raise GuestError("an agent was asked while other calls wait", "await those first")
                return snapshot, calls, made
            snapshot = snapshot.resume({"future": ...})
        else:
            snapshot = _refuse(snapshot)
    raise GuestError(f"more than {limits.block_calls} block calls", "ask for fewer")


def _dump(snapshot: Any, limits: Limits) -> bytes:
    state: bytes = snapshot.dump()
    if len(state) > limits.suspended_mb * 2**20:
        raise GuestError(
            f"kept {len(state) / 2**20:.1f} MiB while waiting for completions (limit {limits.suspended_mb})",
            "keep only what is needed later",
        )
    return state


def _is_small(session: MontySession, limits: Limits) -> bool:
    """Whether an interpreter holds so little (half of it) that its state is certainly within the limit.

    So what is too much does not depend on where a workflow waits. Where the machine does not tell, none is.
    """
    try:
        with open(f"/proc/{session.worker_pid}/statm", "rb", buffering=0) as file:
            _, resident, shared, *_ = file.read().split()
    except OSError:
        return False
    return (int(resident) - int(shared)) * _PAGE < limits.suspended_mb * 2**19


def _is_block_call(snapshot: Any) -> bool:
    ours = snapshot.function_name in ("_md_call", _AT_ONCE)
    return ours and not snapshot.is_os_function and len(snapshot.args) == 3


def _refuse(snapshot: Any) -> Any:
    """Files, the clock's host, modules, unknown names: none of it is there."""
    from pydantic_monty import FunctionSnapshot, FutureSnapshot

    if isinstance(snapshot, FutureSnapshot):
        refused: Any = {"exc_type": "RuntimeError", "message": "nothing to wait for"}
        return snapshot.resume(dict.fromkeys(snapshot.pending_call_ids, refused))
    if not isinstance(snapshot, FunctionSnapshot):
        return snapshot.resume()
    if snapshot.is_os_function:
        return snapshot.resume_not_handled()
    message = f"name '{snapshot.function_name}' is not defined"
    return snapshot.resume({"exc_type": "NameError", "message": message})


def _limits(limits: Limits) -> ResourceLimits:
    return {
        "max_feed_duration_secs": limits.seconds,
        "max_memory": limits.memory_mb * 2**20,
        "max_recursion_depth": limits.depth,
        "max_suspensions": 4 * limits.block_calls * (limits.block_calls + 2),  # `_advance` counts a stretch
        "max_total_sleep_secs": 0.0,
    }


def _policy() -> Any:
    """A clock that stands still, sleeps of no length, the same random numbers: runs that can be repeated."""
    frozen = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    return {"datetime": frozen, "sleep": "zero", "random_start": {"seed": 0}}


def _explain(error: MontyError, limits: Limits) -> GuestError:
    """The interpreter's error in the words of the design language."""
    from pydantic_monty import MontyCrashedError

    if isinstance(error, MontyCrashedError):
        if error.timed_out:
            return GuestError(*_too_long(limits))
        return GuestCrashed("the interpreter was stopped: it did not keep to its limits", "do less at once")
    inner = error.exception()
    frames = error.traceback() if hasattr(error, "traceback") else []
    line = next((f.line for f in reversed(frames) if f.filename == _SOURCE), None)
    message, cure = _in_words(inner, limits)
    return GuestError(message, cure, line, type(inner).__name__)


def _too_long(limits: Limits) -> tuple[str, str]:
    return f"ran longer than {limits.seconds:.2g} s of interpreter time", "end the loop, or do less"


def _in_words(error: BaseException, limits: Limits) -> tuple[str, str]:
    text = str(error)
    message = text if len(text) <= _MOST_SAID else f"{text[:_MOST_SAID]}…"
    if isinstance(error, TimeoutError) and "limit exceeded" in text:
        return _too_long(limits)
    if isinstance(error, MemoryError):
        if text.endswith(f"> {limits.printed} bytes"):  # the limit that was given for what is printed
            return f"printed more than {limits.printed} characters", "remove the print"
        return f"used more than {limits.memory_mb} MiB of memory", "keep less at once"
    if isinstance(error, RecursionError):
        return f"calls nested deeper than {limits.depth}", "end the recursion, or use a loop"
    if isinstance(error, RuntimeError) and text.startswith("suspension limit"):
        return f"more than {limits.block_calls} block calls", "ask for fewer"
    if isinstance(error, PermissionError) or "is not supported in this environment" in text:
        return (
            f"{message or type(error).__name__}: a workflow has no files and no environment",
            "use the task alone",
        )
    if isinstance(error, ModuleNotFoundError):
        return (
            message,
            "use the standard modules that the interpreter has: re, json, math, collections, itertools …",
        )
    return f"{type(error).__name__}: {message}" if message else type(error).__name__, ""
