"""The field's mistake on its own published archives, and that `best` here does not make it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.archive.elsewhere.adas import chosen_on, read_agents
from masdesign.archive.elsewhere.brought import Brought
from masdesign.evaluation import Evaluation
from masdesign.types import Answer, Result, Usage
from masdesign.workflow import Design

ADAS = Path(__file__).parents[2].parent / "shared" / "data" / "adas"


def medians(name: str) -> tuple[list[float], list[float]]:
    """Of each design its val and its test score, as published."""
    path = ADAS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    found = json.loads(path.read_text())
    return tuple(
        [float(re.search(r"Median: ([\d.]+)%", agent[key])[1]) / 100 for agent in found]
        for key in ("fitness", "test_fitness")
    )


@pytest.mark.parametrize(("name", "differ"), [("drop", True), ("mmlu", True), ("mgsm", False)])
def test_on_adas_archives_it_matters_by_which_split_the_best_is_chosen(name: str, differ: bool) -> None:
    val, test = medians(name)
    found = chosen_on(val, test)
    assert found.seen == len(val) >= 35
    assert found.differ is differ
    assert bool(found.mark) is differ
    if differ:
        assert test[found.by_test] > test[found.by_val]
        assert val[found.by_val] > val[found.by_test]
        assert f"the highest of {found.seen} test scores" in found.mark


@pytest.mark.slow
@pytest.mark.parametrize("name", ["drop", "mmlu", "mgsm"])
def test_best_reads_val_alone(name: str) -> None:
    val, test = medians(name)
    designs = [
        Design(f"async def workflow(task):\n    return await self_consistency(task, n={2 + i})\n")
        for i in range(len(val))
    ]
    with Archive(":memory:") as archive, archive.transaction():
        for design, on_val, on_test in zip(designs, val, test, strict=True):
            archive.add_design(design)
            archive.add_evaluation(scored(design, "test", on_test))
            archive.add_evaluation(scored(design, "val", on_val))
        assert archive.best("adas").id == designs[chosen_on(val, test).by_val].id


def scored(design: Design, split: str, score: float) -> Evaluation:
    right = round(1000 * score)
    results = tuple(Result(str(i), Answer(""), float(i < right), Usage(1, 1)) for i in range(1000))
    return Evaluation(design.id, "adas", "1", split, "gpt", 0, "", 1000, results)


@pytest.mark.parametrize(("name", "marked"), [("drop", 1), ("mmlu", 1), ("mgsm", 0)])
def test_an_import_marks_what_was_selected_on_test(name: str, marked: int) -> None:
    _, test = medians(name)
    agents = json.loads((ADAS / f"{name}.json").read_text())
    found = list(read_agents(agents, "adas"))
    claims = {i: one.claim for i, one in enumerate(found) if isinstance(one, Brought)}
    places = [i for i, claim in claims.items() if "selected_on_test" in claim]
    assert places == [test.index(max(test))] * marked
    assert all(claims[i]["selected_on_test"].startswith("selected on test: the highest of") for i in places)


def test_nothing_was_selected_where_test_was_not_seen() -> None:
    assert chosen_on([0.5, 0.6], [None, 0.7]) is None
    assert chosen_on([], []) is None
    assert chosen_on([0.5, 0.6], [0.7, 0.7]).by_test == 0
