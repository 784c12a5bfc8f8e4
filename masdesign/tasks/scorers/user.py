"""Scorers of the user's own: ``module:function``, ``FILE.py:function``, or a function at hand.

A function takes ``(answer, item)`` or what `Scorer.score` takes, sync or async, and gives a number from 0 to
1, a pair of it and why, or a `Score`. The user's code runs with the user's rights: it is for one's own file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, overload

from masdesign.errors import InputError
from masdesign.plugins import importable, load_module
from masdesign.protocols import Scorer, Services
from masdesign.types import Answer, Item, Score

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class UserScorer:
    """A function as a scorer; what it gives is checked."""

    name: str
    function: Function
    calls: int = 0
    needs_target: bool = False

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        given = (answer, item) if _takes_two(self.function) else (answer, item, outcome, services)
        value = self.function(*given)
        if inspect.isawaitable(value):
            value = await value
        return checked_score(value, self.name, item.id)


def _takes_two(function: Function) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(p.default is p.empty for p in places) <= 2 and not any(
        p.kind is p.VAR_POSITIONAL for p in parameters
    )


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
