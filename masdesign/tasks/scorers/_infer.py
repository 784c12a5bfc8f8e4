"""Which scorer fits the items at hand: only where that is certain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from masdesign.errors import InputError
from masdesign.protocols import Scorer
from masdesign.tasks.scorers.match import boolean, choice, label, names_option, numeric, truth
from masdesign.types import Item

_NUMERAL = re.compile(
    r"[-+−]?[$€£]?\s?(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?\s?%?"
)
MOST_LABELS = 20
_LOOKS: tuple[tuple[str, str], ...] = (
    ("test", "code"), ("tests", "code"), ("test_list", "code"), ("instruction_id_list", "ifeval"),
    ("validated_answers", "drop"), ("supporting_facts", "hotpot"), ("answers", "squad"),
)  # fmt: skip


def infer_scorer(items: Sequence[Item], source: str = "the task") -> Scorer:
    """The scorer that fits the items beyond doubt.

    ``numeric`` where all targets are numerals; ``choice`` where each is one of its item's options; ``bool``
    or ``label`` where there are at most 20 different targets, which come back.

    Raises:
        InputError: none of these; the line names the scorers that may be meant.

    >>> infer_scorer([Item("a", "1 + 1", "2"), Item("b", "x", "1,200.50")]).name
    'numeric'
    """
    if not items:
        return label
    if all(item.choices and item.targets and names_option(item) for item in items):
        return choice
    targets = [target for item in items for target in item.targets]
    if targets and all(item.targets for item in items):
        if all(_NUMERAL.fullmatch(target.strip()) for target in targets):
            return numeric
        counts = Counter(targets)
        if len(counts) <= MOST_LABELS and len(targets) >= 2 * len(counts) and max(map(len, counts)) <= 40:
            return boolean if all(truth(target) for target in counts) else label
    raise InputError(_uncertain(items, source))


def _uncertain(items: Sequence[Item], source: str) -> str:
    strange = next(
        (item for item in items if not item.targets or not _NUMERAL.fullmatch(item.target)), items[0]
    )
    seen = f"a target such as {strange.target[:40]!r}" if strange.targets else "items without a target"
    likely = dict.fromkeys(scorer for name, scorer in _LOOKS if name in strange.record)
    listed = ", ".join([*likely, "exact", "numeric", "label", "math", "squad", "drop", "code", "judge:MODEL"])
    return f"{source}: which scorer fits is not certain ({seen}); name a scorer: {listed}, or module:function"
