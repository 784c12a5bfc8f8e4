"""Whether a mixture of models lies above the line between single ones."""

from __future__ import annotations

import numpy as np
import pytest

from masdesign.archive.view import Entry
from masdesign.evaluation import Evaluation
from masdesign.experiments.curve import Curve, Point
from masdesign.lm.providers.scripted import Scripted
from masdesign.search.models import best_mixture, mixture_of
from masdesign.search.objective import Pareto, ScoreObjective
from masdesign.spending.price import Price
from masdesign.statistics.envelope import hull, reference
from masdesign.types import Answer, Result, Usage
from masdesign.workflow import Design


def design(name: str, origin: str) -> Design:
    return Design(f"async def workflow(task):\n    return {name!r}", name=name, origin=origin)


def entry(name: str, score: float, usd: float, origin: str = "grammar") -> Entry:
    return Entry(design(name, origin), score, 100, 200, None, "complete", usd)


SMALL, MIDDLE, LARGE = (
    entry(*row, "baseline") for row in (("small", 0.3, 1e-4), ("middle", 0.32, 5e-4), ("large", 0.7, 9e-4))
)
MODELS = {name: Scripted(lambda _: "", name, price=Price(n, n)) for n, name in enumerate(("", "large"), 1)}


def test_the_line_leaves_out_what_lies_below_it() -> None:
    points = [(1.0, 0.3), (5.0, 0.32), (9.0, 0.7)]
    assert hull(points) == [(1.0, 0.3), (9.0, 0.7)]
    assert reference(points, 5.0).score == 0.32
    assert reference(points, 5.0, mixed=True).score == pytest.approx(0.5)
    assert hull([(1.0, 0.3), (5.0, 0.6), (9.0, 0.7)])[1] == (5.0, 0.6)


def test_the_best_mixture_is_the_highest_above_the_line_and_not_the_best_score() -> None:
    below, above, best = entry("below", 0.45, 5e-4), entry("above", 0.5, 3e-4), entry("best", 0.71, 9e-4)
    entries = [SMALL, MIDDLE, LARGE, below, above, best]
    chosen = best_mixture(entries, MODELS)
    assert chosen is not None
    assert chosen.name == "above"
    assert best_mixture([SMALL, LARGE], MODELS) is None
    assert best_mixture(entries, {"": MODELS[""]}) is None


@pytest.mark.parametrize(("share", "says"), [(0.9, " lies above the line"), (0.5, "is not shown to lie")])
def test_what_is_said_of_it_is_what_test_shows(share: float, says: str) -> None:
    rng = np.random.default_rng(0)

    def run(name: str, right: float, usd: float) -> Evaluation:
        results = tuple(
            Result(str(n), Answer("x"), float(rng.random() < right), Usage(10, 1, usd)) for n in range(400)
        )
        made = design(name, "grammar")
        return Evaluation(made.id, "t", "1", "test", "m", 0, "", 400, results)

    singles = (run("small", 0.3, 1e-4), run("large", 0.7, 9e-4))
    curve = Curve(tuple(Point(str(n), None, single) for n, single in enumerate(singles)), 0.0, "usd")
    mixed = run("mixed", share, 5e-4)
    mixture = mixture_of(design("mixed", "grammar"), {mixed.design_id: mixed}, curve, 0)
    line = sum(single.score for single in singles) / 2
    assert mixture.above.score == pytest.approx(mixed.score - line, abs=1e-9)
    assert says in str(mixture)


def test_where_a_frontier_is_sought_a_rival_costs_no_more() -> None:
    cheap = entry("cheap", 0.5, 3e-4)
    assert Pareto().rival(cheap, [SMALL, MIDDLE, LARGE]) == SMALL
    assert ScoreObjective().rival(cheap, [SMALL, MIDDLE, LARGE]) == LARGE
