"""How good an answer is: one scorer a file, by name, or the user's own function.

>>> scorer_named("exact").name, scorer_named("numeric:0.01").name, scorer_named("judge:gpt-4o").name
('exact', 'numeric:0.01', 'judge:gpt-4o')
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Scorer
from masdesign.registry import Registry
from masdesign.tasks.scorers.match import boolean, choice, label, names_option, numeric, truth
from masdesign.tasks.scorers.user import UserScorer, load_function
from masdesign.types import Item

__all__ = ["SCORERS", "UserScorer", "form_of", "infer_scorer", "scorer_named"]


def _with_argument(scorer: Scorer, argument: str) -> Scorer:
    make: Callable[[str], Scorer] | None = getattr(scorer, "with_argument", None)
    if make is None:
        raise InputError(f"scorer {scorer.name} takes no argument; leave out :{argument}")
    if not argument:
        raise InputError(
            f"scorer {scorer.name}: has nothing after the colon; see masdesign scorers {scorer.name}"
        )
    return make(argument)


SCORERS: Registry[Scorer] = Registry("scorer", Scorer, home=__name__, several=True, argument=_with_argument)


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


_NUMERAL = re.compile(
    r"[-+−]?[$€£]?\s?(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?\s?%?"
)
MOST_LABELS = 20
_LOOKS: tuple[tuple[str, str], ...] = (
    ("test", "code"), ("tests", "code"), ("test_list", "code"), ("instruction_id_list", "ifeval"),
    ("validated_answers", "drop"), ("supporting_facts", "hotpot"), ("answers", "squad"),
)  # fmt: skip


def infer_scorer(items: Iterable[Item], source: str = "the task") -> Scorer:
    """The scorer that fits the items beyond doubt.

    ``numeric`` where all targets are numerals; ``choice`` where each is one of its item's options; ``bool``
    or ``label`` where there are at most 20 different targets, which come back. Where most items have options
    and a target that is none of them, nothing is certain.

    Raises:
        InputError: none of these; the line names the scorers that may be meant.

    >>> infer_scorer([Item("a", "1 + 1", "2"), Item("b", "x", "1,200.50")]).name
    'numeric'
    """
    seen = _count_targets(items)
    if seen.first is None:
        return label
    if seen.options == seen.items:
        return choice
    if seen.targets and not seen.untargeted and 2 * seen.no_option <= seen.items:
        if seen.numerals == seen.targets:
            return numeric
        counts = seen.distinct
        if len(counts) <= MOST_LABELS and seen.targets >= 2 * len(counts) and max(map(len, counts)) <= 40:
            return boolean if all(truth(target) for target in counts) else label
    raise InputError(_uncertain(seen.not_among_options or seen.no_numeral or seen.first, seen, source))


@dataclass
class _TargetCounts:
    """Counts of the items' targets, and examples."""

    items: int = 0
    options: int = 0
    """Items whose target is one of their options."""
    no_option: int = 0
    """Items whose target is not among their options."""
    untargeted: int = 0
    targets: int = 0
    numerals: int = 0
    distinct: set[str] = field(default_factory=set)
    """The distinct targets; counted no further once they are too many to be labels."""
    first: Item | None = None
    not_among_options: Item | None = None
    """The first such item."""
    no_numeral: Item | None = None
    """The first item whose target is no numeral."""


def _count_targets(items: Iterable[Item]) -> _TargetCounts:
    seen = _TargetCounts()
    for item in items:
        seen.items += 1
        seen.first = seen.first or item
        fits = bool(item.choices and item.targets and names_option(item))
        seen.options += fits
        if item.choices and not fits:
            seen.no_option += 1
            seen.not_among_options = seen.not_among_options or item
        seen.untargeted += not item.targets
        seen.targets += len(item.targets)
        seen.numerals += sum(_NUMERAL.fullmatch(target.strip()) is not None for target in item.targets)
        if seen.no_numeral is None and (not item.targets or not _NUMERAL.fullmatch(item.target)):
            seen.no_numeral = item
        if len(seen.distinct) <= MOST_LABELS:
            seen.distinct.update(item.targets)
    return seen


def _uncertain(strange: Item, seen: _TargetCounts, source: str) -> str:
    what = f"a target such as {strange.target[:40]!r}" if strange.targets else "items without a target"
    what += ", none of its options" if strange.targets and seen.not_among_options is not None else ""
    likely = dict.fromkeys(scorer for name, scorer in _LOOKS if name in strange.record)
    listed = ", ".join([*likely, "exact", "numeric", "label", "math", "squad", "drop", "code", "judge:MODEL"])
    return f"{source}: which scorer fits is not certain ({what}); name a scorer: {listed}, or module:function"
