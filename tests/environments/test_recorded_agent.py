"""GPT-4o's recorded episodes, played by `agent` through the evaluator: 84 of 200 succeed, as recorded."""

from pathlib import Path

import pytest

import masdesign as md
from masdesign.environments.tau_airline import TauAirline, read_items
from masdesign.errors import InputError
from masdesign.lm.providers.recorded import recorded
from masdesign.tasks import Task
from masdesign.tasks.scorers.outcome import OUTCOME
from masdesign.types import Message, Request
from masdesign.workflow import Design

DATA = Path(__file__).parents[3] / "shared" / "data" / "tau_bench"
EPISODES = DATA / "gpt-4o-airline.json"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/tau_bench beside this checkout")
PATIENT = Design("async def workflow(task):\n    return await agent(task, max_steps=40)\n")


@needs_data
@pytest.mark.slow
def test_the_recorded_agent_scores_as_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = Task.of("tau_airline", val=read_items(DATA), environment=TauAirline(DATA), metric=OUTCOME)
    evaluation = md.run_evaluate(PATIENT, task, model=f"recorded:{EPISODES}")
    assert (len(evaluation.results), evaluation.score) == (200, 0.42)
    assert sum(result.score or 0 for result in evaluation.results) == 84
    assert all(result.failure is None for result in evaluation.results)


@needs_data
async def test_what_leaves_the_record_is_refused():
    model = recorded(f"recorded:{EPISODES}")
    assert model.questions == 200
    opening = Message("user", "Case 0.0. Hi! I'm looking to book a flight.")
    first = await model.complete(Request((opening,)))
    assert [call.name for call in first.tool_calls] == ["respond"]
    with pytest.raises(Exception, match="not recorded: turn 2 after"):
        await model.complete(Request((opening, Message("assistant", ""), Message("tool", "Something else."))))
    with pytest.raises(Exception, match="such a case"):
        await model.complete(Request((Message("user", "Hello"),)))


def test_another_list_is_no_record(tmp_path):
    (tmp_path / "list.json").write_text('[{"question": "1 + 1 ="}]')
    with pytest.raises(InputError, match="has no recorded episodes"):
        recorded(f"recorded:{tmp_path / 'list.json'}")
