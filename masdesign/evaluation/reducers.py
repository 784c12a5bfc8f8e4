"""Several draws of an item as one score: the mean, pass@k, at least one right, the majority's.

pass@k is the chance that one of k draws is right, estimated without bias from n draws of which c are right:
1 - C(n - c, k) / C(n, k) (M. Chen et al. 2021, arXiv:2107.03374, equation 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from masdesign.errors import InputError
from masdesign.protocols import AnswerForm
from masdesign.tasks.forms import LINE
from masdesign.types import Answer

Draw = tuple[Answer | None, float]
"""An answer, ``None`` where there was none to read, and its score."""
Reducer = Callable[[Sequence[Draw]], float | None]
"""The score of an item's draws; ``None`` where there are too few of them."""

NAMES = ("mean", "pass@K", "at_least_one", "majority")


def reducer_named(name: str, form: AnswerForm = LINE) -> Reducer:
    """The reducer of that name.

    Parameters:
        name: ``mean``, ``pass@K`` with a whole K from 1, ``at_least_one`` or ``majority``.
        form: decides which answers are one in a majority.

    Raises:
        InputError: there is none of that name.

    >>> reduce = reducer_named("pass@2")
    >>> round(reduce([(None, 0.0), (None, 0.0), (None, 1.0)]), 3)
    0.667
    """
    if name == "mean":
        return lambda draws: sum(score for _, score in draws) / len(draws)
    if name == "at_least_one":
        return lambda draws: max(score for _, score in draws)
    if name == "majority":
        return lambda draws: _majority(draws, form)
    head, _, k = name.partition("@")
    if head == "pass" and k.isascii() and k.isdigit() and int(k):
        return lambda draws: _pass_at([score for _, score in draws], int(k))
    raise InputError(f"reducer {name!r} does not exist; choose one of {', '.join(NAMES)}")


def check_draws(name: str, draws: int) -> None:
    """Raise `InputError` where there is no such reducer, or where it needs more draws than there are."""
    reducer_named(name)
    least = int(name.partition("@")[2] or 1)
    if draws < least:
        raise InputError(f"{name} needs at least {least} draws of an item, not {draws}; draw more worlds")


def _pass_at(scores: Sequence[float], k: int) -> float | None:
    if any(score not in (0.0, 1.0) for score in scores):
        raise InputError(f"pass@{k} needs scores of 0 or 1, not {max(scores)}; take at_least_one or mean")
    return pass_at(len(scores), int(sum(scores)), k) if len(scores) >= k else None


def pass_at(draws: int, right: int, k: int) -> float:
    """The unbiased estimate of pass@k.

    >>> pass_at(10, 3, 1), pass_at(5, 1, 5), pass_at(5, 0, 3)
    (0.3, 1.0, 0.0)
    """
    every = math.comb(draws, k)
    return (every - math.comb(draws - right, k)) / every


def _majority(draws: Sequence[Draw], form: AnswerForm) -> float:
    """The score of the answer that came most often; of several the first. What was not read has no vote."""
    classes: list[tuple[Answer, list[float]]] = []
    for answer, score in draws:
        if answer is None or not answer.text.strip():
            continue
        for first, scores in classes:
            if first.text == answer.text or form.equal(first.text, answer.text):
                scores.append(score)
                break
        else:
            classes.append((answer, [score]))
    return max(classes, key=lambda each: len(each[1]))[1][0] if classes else 0.0
