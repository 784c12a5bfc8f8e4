"""ARC's two tools, and an agent that ADAS wrote for ARC, which asks them of its system."""

import json

import pytest

import masdesign as md
from masdesign.archive.elsewhere.adas import read_agents
from masdesign.building_blocks import versions
from masdesign.environments.arc import ARC
from masdesign.lm import Scripted
from masdesign.tasks import Task
from masdesign.testing import EnvironmentContract, LentServices
from masdesign.types import Action, Item

ROW = {
    "train": [
        {"input": [[1, 2]], "output": [[2, 1]]},
        {"input": [[3, 4, 5]], "output": [[5, 4, 3]]},
        {"input": [[0]], "output": [[0]]},
    ],
    "test": [{"input": [[7, 8, 9]], "output": [[9, 8, 7]]}],
}
ITEM = Item("arc-1", "Find the rule: [[1, 2]] gives [[2, 1]] …", "[[9, 8, 7]]", record=ROW)
RIGHT = "def transform(grid):\n    return [row[::-1] for row in grid]"
WRONG = "def transform(grid):\n    return grid"
AGENT = """
def forward(self, taskInfo):
    coder = LLMAgentBase(['thinking', 'code'], 'Coder', temperature=0.0)
    thinking, code = coder([taskInfo], 'Write transform.')
    feedback, correct, wrong = self.run_examples_and_get_feedback(code)
    if len(correct) < 3:
        thinking, code = coder([taskInfo, thinking, code, feedback], 'Correct it.', 1)
    return self.get_test_output_from_code(code)
"""


class TestContract(EnvironmentContract):
    environment = ARC
    item = ITEM
    actions = (
        Action("run_examples_and_get_feedback", {"code": WRONG}),
        Action("get_test_output_from_code", {"code": RIGHT}),
    )


async def called(tool, code):
    return await (await ARC.open(ITEM, 0, LentServices())).call(tool, {"code": code})


async def test_feedback_says_which_examples_are_right():
    said = json.loads((await called("run_examples_and_get_feedback", WRONG)).text)
    assert (said["correct"], said["wrong"]) == (ROW["train"][2:], ROW["train"][:2])
    assert "WRONG answer in Example 0!\nExpect: [[2, 1]]\nYou got: [[1, 2]]" in said["feedback"]
    said = json.loads((await called("run_examples_and_get_feedback", RIGHT)).text)
    assert (len(said["correct"]), said["wrong"]) == (3, [])
    assert (await called("get_test_output_from_code", RIGHT)).text == "[[9, 8, 7]]"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def transform(grid):\n    return grid[9]", "IndexError"),
        ("transform = 3", "not callable"),
        ("x = 1", "transform"),
        ("def transform(grid:", "SyntaxError"),
        ("def transform(grid):\n    while True:\n        pass", "did not end in time"),
    ],
)
async def test_what_does_not_run_is_an_observation(code, told):
    seen = await called("get_test_output_from_code", code)
    assert seen.error
    assert told in seen.text


def test_an_agent_of_adas_for_arc_imports_and_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (brought,) = read_agents([{"name": "coder", "thought": "", "code": AGENT}], "adas")
    assert "adas_arc.py" in versions(brought.design.source)

    def reply(request):
        last = request.messages[-1].content
        if "Correct it." in last:
            assert "WRONG answer in Example 0!" in last
            return json.dumps({"thinking": "It is turned round.", "code": RIGHT})
        return json.dumps({"thinking": "It stays.", "code": WRONG})

    task = Task.of("arc", val=[ITEM], scorer="exact", environment=ARC)
    evaluation = md.run_evaluate(brought.design, task, model=Scripted(reply, window=100_000))
    (result,) = evaluation.results
    assert (result.failure, result.calls) == (None, 2)
    assert (result.answer.text, result.score) == ("[[9, 8, 7]]", 1.0)
