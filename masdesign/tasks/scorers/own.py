"""`scorer`: a function or class of your own as a scorer that commands and verbs know by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, overload

from masdesign.protocols import Scorer
from masdesign.tasks.scorers import SCORERS, UserScorer

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

    def register(function: F) -> F:
        if inspect.isclass(function):
            made: Any = function()
            SCORERS.register(made, name)
        else:
            own: Scorer = UserScorer(name or function.__name__, function, calls)
            SCORERS.register(own)
        return function

    return register if function is None else register(function)
