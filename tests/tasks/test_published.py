"""Published outputs of real models: the verdicts and letters of the official scripts, one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from masdesign.lm.providers.recorded import Recorded
from masdesign.session.verbs import run_evaluate_async
from masdesign.tasks import Task
from masdesign.tasks.forms import form_named
from masdesign.tasks.recipes import recipe_named
from masdesign.tasks.scorers import scorer_named
from masdesign.types import Answer, Item

DATA = Path("../shared/data")
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not there")


async def test_the_first_programs_of_humaneval_through_a_chain_of_thought():
    await humaneval_as_recorded(12)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_mmlu_pro_letters_of_five_models():
    choice, letters = form_named("choice"), []
    for line in (DATA / "mmlu_pro/replies_600.jsonl").read_text().splitlines():
        row = json.loads(line)
        for model, reply in row["replies"].items():
            if re.search(r"answer is \(?([A-J])\)?", reply):
                letters.append(choice.read(reply, tuple(row["options"])) == row["preds"][model])
    assert (sum(letters), len(letters)) == (2764, 2764)


@pytest.mark.slow
async def test_humaneval_through_a_chain_of_thought_of_the_recorded_model():
    await humaneval_as_recorded(164, 141)


async def humaneval_as_recorded(first: int, right: int | None = None) -> None:
    """Whole runs: prompt, recorded reply, the form's reading, the tests; each verdict as it was published."""
    file = DATA / "humaneval/gpt4.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()][:first]
    recipe = recipe_named("humaneval")
    items = [Item(row["entry_point"] + str(n), row["prompt"], (), record=row) for n, row in enumerate(rows)]
    task = Task.of("humaneval", val=items, scorer="code", answer="code", instruction=recipe.instruction)
    lm = Recorded(file, "solution")
    evaluation = await run_evaluate_async("chain_of_thought", task, model=lm)
    assert [bool(result.score) for result in evaluation.results] == [row["is_solved"] for row in rows]
    assert evaluation.failures["parse"] == evaluation.unscored == 0
    assert right is None or sum(evaluation.scores.values()) == right
