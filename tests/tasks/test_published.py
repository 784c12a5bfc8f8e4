"""Published outputs of real models: the verdicts and letters of the official scripts, one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from masdesign.tasks.forms import form_named
from masdesign.tasks.scorers import scorer_named
from masdesign.types import Answer, Item

DATA = Path("../shared/data")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not there")]


def test_gsm8k_5276_verdicts():
    numeric, verdicts = scorer_named("numeric"), []
    for line in (DATA / "gsm8k/example_model_solutions.jsonl").read_text().splitlines():
        row = json.loads(line)
        item = Item("", "", row["ground_truth"].rpartition("A: ")[2].strip())
        for solution in row.values():
            if isinstance(solution, dict):
                answer = Answer(solution["solution"].rpartition("A:")[2].strip())
                verdicts.append(bool(numeric(answer, item)) == solution["is_correct"])
    assert (sum(verdicts), len(verdicts)) == (5276, 5276)


@pytest.mark.parametrize(
    ("task", "score"), [("dyck_languages", 0.568), ("snarks", 0.596), ("word_sorting", 0.404)]
)
def test_bbh_outputs_of_davinci(task: str, score: float):
    """The official rule: what follows "the answer is", without the full stop that ends the sentence."""
    line, exact, scores = form_named("line"), scorer_named("exact"), []
    for row in json.loads((DATA / f"bbh_outputs/{task}.json").read_text())["outputs"]:
        official = row["prediction"].partition("the answer is")[2].strip()
        official = official.removesuffix(".") == row["target"]
        given = exact(Answer(line.read(row["prediction"], ()) or ""), Item("", "", row["target"]))
        assert bool(given) == official
        scores.append(given)
    assert sum(scores) / len(scores) == pytest.approx(score, abs=5e-4)


def test_mmlu_pro_letters_of_five_models():
    choice, letters = form_named("choice"), []
    for line in (DATA / "mmlu_pro/replies_600.jsonl").read_text().splitlines():
        row = json.loads(line)
        for model, reply in row["replies"].items():
            if re.search(r"answer is \(?([A-J])\)?", reply):
                letters.append(choice.read(reply, tuple(row["options"])) == row["preds"][model])
    assert (sum(letters), len(letters)) == (2764, 2764)
