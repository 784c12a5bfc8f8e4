"""How good an answer is: one scorer a file, by name, or the user's own function.

>>> scorer_named("exact").name, scorer_named("numeric:0.01").name, scorer_named("judge:gpt-4o").name
('exact', 'numeric:0.01', 'judge:gpt-4o')
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Scorer
from masdesign.registry import Registry
from masdesign.tasks.scorers._infer import infer_scorer
from masdesign.tasks.scorers.user import UserScorer, load_function

__all__ = ["SCORERS", "UserScorer", "form_of", "infer_scorer", "scorer_named"]


def _scorers_of(module: ModuleType) -> Iterator[Scorer]:
    for value in vars(module).values():
        if not inspect.isclass(value) and isinstance(value, Scorer):
            yield value


def _with_argument(scorer: Scorer, argument: str) -> Scorer:
    make: Callable[[str], Scorer] | None = getattr(scorer, "with_argument", None)
    if make is None or not argument:
        raise InputError(f"scorer {scorer.name} takes no argument; leave out :{argument}")
    return make(argument)


SCORERS: Registry[Scorer] = Registry(
    "scorer", Scorer, home=__name__, several=True, collect=_scorers_of, argument=_with_argument
)


def scorer_named(what: str | Scorer | Callable[..., Any]) -> Scorer:
    """The scorer that is meant.

    Parameters:
        what: a name (``exact``, ``numeric:0.01``, ``judge:MODEL``), ``module:function``,
            ``FILE.py:function``, a function (`masdesign.tasks.scorers.user`), or a scorer.

    Raises:
        InputError: there is none; one line with the nearest name.
    """
    if not isinstance(what, str):
        if isinstance(what, Scorer):
            return what
        if callable(what):
            return UserScorer(str(getattr(what, "name", "") or getattr(what, "__name__", "function")), what)
        raise InputError(f"{what!r} is no scorer; give a name, a function or an object with name and score")
    head, colon, _ = what.partition(":")
    if not colon or head in SCORERS.names():
        return SCORERS.get(what)
    if what.startswith("judge"):
        raise InputError(f"scorer {what!r} does not exist; write judge:MODEL")
    return UserScorer(what, load_function(what, "scorer"))


def form_of(scorer: Scorer) -> str:
    """The answer form that a task takes with this scorer where its user names none; empty: any."""
    return str(getattr(scorer, "form", ""))
