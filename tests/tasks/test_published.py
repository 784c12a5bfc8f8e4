"""Published outputs of real models: the verdicts and letters of the official scripts, one by one."""

import json
from pathlib import Path

import pytest
from benchmarks.bench_verdicts import bbh, generated, gsm8k, humaneval, mmlu_pro

from masdesign.lm.providers.recorded import Recorded
from masdesign.session.verbs import run_evaluate_async
from masdesign.tasks import Task
from masdesign.tasks.recipes import recipe_named
from masdesign.types import Item

DATA = Path("../shared/data")
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not there")
VERDICTS = {gsm8k: 5276, bbh: 678, mmlu_pro: 2764, humaneval: 164}


@pytest.mark.slow
@pytest.mark.parametrize("check", VERDICTS, ids=lambda check: check.__name__)
def test_every_verdict_is_that_of_the_official_script(check):
    found = list(check(DATA))
    assert all(agreement.whole for agreement in found), found
    assert sum(agreement.verdicts for agreement in found) == VERDICTS[check]


@pytest.mark.slow
def test_the_generated_pairs_are_in_the_table():
    assert all(agreement.whole for agreement in generated(DATA))


async def test_the_first_programs_of_humaneval_through_a_chain_of_thought():
    await humaneval_as_recorded(12)


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
