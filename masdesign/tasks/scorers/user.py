"""Scorers of the user's own: ``module:function``, ``FILE.py:function``, or a function at hand.

A function takes ``(answer, item)`` or what `Scorer.score` takes, sync or async, and gives a number from 0 to
1, a pair of it and why, or a `Score`. The user's code runs with the user's rights: it is for one's own file.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar, overload
from weakref import WeakKeyDictionary

from masdesign.errors import InputError
from masdesign.plugins import importable, load_module
from masdesign.protocols import Scorer, Services
from masdesign.types import Answer, Item, Score

Function = Callable[..., Any]
SECONDS = 30.0
"""How long a sync function may take for one answer."""
_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class UserScorer:
    """A function as a scorer; what it gives is checked."""

    name: str
    function: Function
    calls: int = 0
    needs_target: bool = False
    _takes: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_takes", _count_arguments(self.function, self.name))

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        given = (answer, item, outcome, services)[: self._takes]
        if inspect.iscoroutinefunction(self.function):
            value = await self.function(*given)
        elif inspect.isawaitable(value := await _call_aside(self.function, *given)):
            value = await value
        return checked_score(value, self.name, item.id)


def _count_arguments(function: Function, name: str) -> int:
    """How many arguments a function is called with: 2 or 4."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return 2
    places = signature.parameters.values()
    for count in (4, 2) if any(p.kind is p.VAR_POSITIONAL for p in places) else (2, 4):
        try:
            signature.bind(*range(count))
        except TypeError:
            continue
        return count
    raise InputError(
        f"scorer {name} takes {signature}; let it take (answer, item) or (answer, item, outcome, services)"
    )


async def _call_aside(function: Function, *given: Any) -> Any:
    """Call a sync function in a thread, one at a time: where it hangs the run can still be ended.

    Raises:
        TimeoutError: it took longer than `SECONDS`. The thread is left behind, since none can be killed.
    """
    outcome: Future[Any] = Future()
    outcome.set_running_or_notify_cancel()

    def call() -> None:
        try:
            outcome.set_result(function(*given))
        except Exception as error:  # noqa: BLE001  (raised where the result is awaited)
            outcome.set_exception(error)
        except BaseException as error:  # noqa: BLE001  (a scorer that exits must not end the run silently)
            outcome.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

    async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        Thread(target=copy_context().run, args=(call,), name="scorer", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(outcome), SECONDS)
        except TimeoutError:
            if outcome.done():
                raise
            raise TimeoutError(f"it took longer than {SECONDS:.0f} s for one answer") from None


def checked_score(value: Any, name: str, item_id: str) -> Score:
    """What a user's function gave, as a `Score`.

    >>> checked_score((0.5, "half of it"), "mine", "a")
    Score(value=0.5, feedback='half of it', parts={})

    Raises:
        InputError: it is no score.
    """
    score = value
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        score = Score(value[0], value[1])
    elif not isinstance(value, Score):
        score = Score(value)
    number = score.value
    if isinstance(number, (int, float)) and 0 <= number <= 1:
        return Score(float(number), score.feedback, score.parts)
    if type(number).__module__ == "numpy" and 0 <= float(number) <= 1:
        return Score(float(number), score.feedback, score.parts)
    raise InputError(
        f"scorer {name} gave {value!r} for item {item_id}; give a number from 0 to 1, "
        "(number, why) or a Score"
    )


def load_function(named: str, kind: str) -> Function:
    """The function that ``module:function`` or ``FILE.py:function`` names.

    The working directory is importable.

    Raises:
        InputError: there is none, or its module fails; one line.
    """
    place, _, name = named.rpartition(":")
    if not place or not name.isidentifier():
        raise InputError(f"{kind} {named!r} names no function; write module:function or FILE.py:function")
    with importable(Path.cwd()):
        function = getattr(load_module(place), name, None)
    if not callable(function):
        raise InputError(f"{kind} {named}: {place} has no function {name}; check the name")
    return function  # type: ignore[no-any-return]


F = TypeVar("F", bound=Callable[..., Any])


@overload
def scorer(function: F) -> F: ...
@overload
def scorer(*, name: str = "", calls: int = 0) -> Callable[[F], F]: ...
def scorer(function: F | None = None, *, name: str = "", calls: int = 0) -> F | Callable[[F], F]:
    """Make a function (or a class whose objects are scorers) the scorer of its name.

    Parameters:
        function: takes ``(answer, item)``, or what `Scorer.score` takes; sync or async. It gives a number
            from 0 to 1, a pair of it and why, or a `Score`.
        name: by default that of the function.
        calls: most completions that scoring one item asks for.

    Raises:
        InputError: there is another scorer of that name.

    Example::

        @md.scorer
        def mentions(answer, item):
            return float(item.target in answer.text)
    """

    from masdesign.tasks.scorers import SCORERS

    def register(function: F) -> F:
        if inspect.isclass(function):
            made: Any = function()
            SCORERS.register(made, name)
        else:
            own: Scorer = UserScorer(name or function.__name__, function, calls)
            SCORERS.register(own)
        return function

    return register if function is None else register(function)
