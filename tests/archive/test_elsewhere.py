"""What other systems found is brought in as data: it runs in the sandbox, and its claims stay claims."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.archive.elsewhere import Brought, Rejected, read_elsewhere
from masdesign.archive.elsewhere.aflow import OPERATORS
from masdesign.archive.elsewhere.brought import fitness
from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.lm import Scripted
from masdesign.types import Question
from masdesign.workflow import MontySandbox, Runtime, check, run_item

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the archives of other systems are not at hand")

GRAPH = '''
from typing import Literal
import workspace.MATH.workflows.template.operator as operator
import workspace.MATH.workflows.round_2.prompt as prompt_custom
from scripts.async_llm import create_llm_instance
open("WOKEN", "w").write("it was run")

class Workflow:
    def __init__(self, name: str, llm_config, dataset) -> None:
        self.llm = create_llm_instance(llm_config)
        self.custom = operator.Custom(self.llm)
        self.revise = operator.Revise(self.llm)
        self.sc_ensemble = operator.ScEnsemble(self.llm)
        self.unused = operator.Test(self.llm)

    async def __call__(self, problem: str):
        """Draw, choose, revise."""
        solutions = []
        for _ in range(3):
            solution = await self.custom(input=problem, instruction=prompt_custom.SOLVE)
            solutions.append(solution["response"])
        best = await self.sc_ensemble(solutions=solutions, problem=problem)
        better = await self.revise(problem=problem, solution=best["response"], feedback="Be exact.")
        return better["solution"], self.llm.get_usage_summary()["total_cost"]
'''
PROMPT = 'SOLVE = """Solve {it} "well".\n"""\nBAD = open("WOKEN", "w")\n'
BLOCK = '''
import inspect
from utils import nothing
raise SystemExit

def forward(self, taskInfo):
    agent = LLMAgentBase(['thinking', 'answer'], 'Solver', model=self.node_model, temperature=0.0)
    answers = []
    for i in range(self.max_sc - 3):
        thinking, answer = agent([taskInfo], self.cot_instruction, i, is_sub_task=True)
        answers.append(answer)
    return self.make_final_answer(thinking, answers[-1], [], [])

COT = {"thought": "Think.", "name": "Two tries", "code": """{x}""".format(x=inspect.getsource(forward))}
'''


async def answers(design, reply, question="2 + 2 =", tools=frozenset()):
    """The design's answer in the sandbox, and the prompts that it asked."""
    lm = Scripted(reply, window=100_000)
    async with MontySandbox(1) as sandbox:
        outcome = await run_item(
            design, Question(question), Runtime({"": lm}, blocks(), sandbox, tools=tools)
        )
    assert outcome.failure is None, outcome.failure
    return outcome.answer.text, [r.messages[-1].content for r in lm.requests]


def one(path) -> Brought | Rejected:
    (found,) = read_elsewhere(path)
    return found


@pytest.fixture
def rounds(tmp_path):
    """A folder of AFlow's rounds: the second made from the first, the third of an operator for code."""
    woken = str(tmp_path / "workflows" / "woken")
    for number in (1, 2, 3):
        folder = tmp_path / "workflows" / f"round_{number}"
        folder.mkdir(parents=True)
        (folder / "graph.py").write_text(
            GRAPH.replace("Be exact.", f"Be exact {number}.").replace("WOKEN", woken)
        )
        (folder / "prompt.py").write_text(PROMPT.replace("WOKEN", woken))
    told = {"father node": 1, "modification": "Say it better", "before": 0.5, "after": 0.6, "succeed": True}
    (tmp_path / "workflows" / "round_2" / "experience.json").write_text(json.dumps(told))
    scores = [{"round": 2, "score": 0.6, "avg_cost": 0.001}, {"round": 1, "score": 0.5}]
    (tmp_path / "workflows" / "results.json").write_text(json.dumps(scores))
    third = tmp_path / "workflows" / "round_3" / "graph.py"
    third.write_text(third.read_text().replace("self.revise(problem=problem", "self.unused(problem=problem"))
    return tmp_path / "workflows"


async def test_aflow_s_rounds_with_their_lineage(rounds):
    first, second, third = read_elsewhere(rounds)
    assert isinstance(third, Rejected)
    assert "line 23: the operator Test cannot be had here" in third.reason
    assert second.design.parents == (first.design.id,)
    assert second.design.thought == "Say it better"
    assert second.claim["scores"] == [{"round": 2, "score": 0.6, "avg_cost": 0.001}]
    check(second.design, blocks())

    def reply(request):
        prompt = request.messages[-1].content
        if "agrees best" in prompt:
            return "Choice: 2"
        if "Critique:\nBe exact 2." in prompt:
            assert "draw 1" in prompt
            return "So it is. The answer is: **4**."
        return f"draw {request.sample}"

    text, asked = await answers(second.design, reply)
    assert text == "4"
    assert asked[0] == 'Input:\n2 + 2 =\n\nSolve {it} "well".'
    assert "woken" not in os.listdir(rounds)


@pytest.mark.slow
def test_every_operator_of_aflow_is_well_formed():
    for kind, source in OPERATORS.items():
        caller = "\nasync def workflow(task):\n    return await direct(task)\n"
        check(source.format(name="op_" + kind.lower()) + caller, blocks())


async def test_a_block_of_mas_zero(tmp_path):
    (tmp_path / "cot.py").write_text(BLOCK)
    found = one(tmp_path / "cot.py")
    assert (found.design.name, found.design.thought) == ("Two tries", "Think.")
    text, asked = await answers(found.design, lambda request: f"Thinking: hm\nAnswer: {request.sample}")
    assert (text, len(asked)) == ("1", 2)
    (tmp_path / "odd.py").write_text(BLOCK.replace("self.max_sc", "self.instance_id"))
    assert "self.instance_id is not known here" in one(tmp_path / "odd.py").reason


def graph(**changes):
    def node(name, inputs, outputs, prompt, **more):
        agent = {"name": name, "prompt": prompt, **more}
        named = [{"name": n} for n in inputs], [{"name": n} for n in outputs]
        return {"name": name, "inputs": named[0], "outputs": named[1], "agents": [agent]}

    nodes = [
        node("merge", ["plan", "check"], ["final"], 'Merge {plan} and {check}; {other} """ \\'),
        node("plan", ["goal"], ["plan"], "Plan: <input>{goal}</input>"),
        node("check", ["goal", "plan"], ["check"], "Check {plan}"),
    ]
    edges = [("plan", "check"), ("plan", "merge"), ("check", "merge")]
    return {"goal": "g", "nodes": nodes, "edges": [{"source": a, "target": b} for a, b in edges], **changes}


async def test_a_graph_of_evoagentx_runs_in_order(tmp_path):
    (tmp_path / "made.json").write_text(json.dumps(graph()))
    found = one(tmp_path / "made.json")

    def reply(request):
        prompt = request.messages[-1].content
        name = {"Plan": "plan", "Chec": "check", "Merg": "final"}[prompt[:4]]
        return f"## Thought\nhm\n\n## {name}\n{name} of [{prompt[:60]}]\n"

    text, asked = await answers(found.design, reply)
    assert asked[0] == "Plan: <input>2 + 2 =</input>"
    assert asked[1] == "Check plan of [Plan: <input>2 + 2 =</input>]"
    assert asked[2].startswith("Merge plan of [Plan: <input>2 + 2 =</input>] and check of [Check plan")
    assert asked[2].endswith('; {other} """ \\')
    assert text.startswith("final of [Merge plan of")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"edges": [{"source": "a", "target": "plan"}]}, "not both nodes"),
        ({"edges": [{"source": "plan", "target": "check"}, {"source": "check", "target": "plan"}]}, "circle"),
        ({"nodes": [{"name": "x", "outputs": [{"name": "o"}], "agents": []}]}, "no agent with a prompt"),
        ({"nodes": [{"name": "x", "outputs": [], "agents": []}]}, "no output"),
        ({"nodes": []}, "0 nodes"),
    ],
)
def test_a_graph_that_cannot_be_run_says_why(changes, said, tmp_path):
    (tmp_path / "made.json").write_text(json.dumps(graph(**changes)))
    assert said in one(tmp_path / "made.json").reason


def test_claims_are_taken_apart_and_flagged():
    assert fitness("95% CI: (15.6%, 30.5%), Median: 22.7%") == {
        "text": "95% CI: (15.6%, 30.5%), Median: 22.7%", "low": 0.156, "high": 0.305, "median": 0.227,
    }  # fmt: skip
    assert "broken" in fitness("(51.9%, 56.7%), Median: 65.8%")
    assert "broken" in fitness("(9%, 5%), Median: 7%")
    assert fitness("pretty good") == {"text": "pretty good"}
    assert "low" not in fitness("(1.1.1%, 2%), Median: 1%")


@pytest.mark.slow
def test_what_is_imported_stays_a_claim(archive, tmp_path):
    code = "def forward(self, taskInfo):\n    return LLMAgentBase(['answer'], 'A')([taskInfo], 'Solve.')[0]\n"
    agents = [
        {"name": "A", "thought": "t", "code": code, "fitness": "(1%, 2%), Median: 9%", "generation": 4},
        {"name": "B", "code": "def forward(self, taskInfo):\n    import os\n    return os.getcwd()\n"},
        {"name": "C", "code": "not python ("},
        {"name": "D", "code": 7},
    ]
    (tmp_path / "agents.json").write_text(json.dumps(agents))
    found = archive.import_(tmp_path / "agents.json")
    assert (found.added, found.known, [s["name"] for s in found.skipped]) == (1, 0, ["B", "C", "D"])
    assert "import of os" in found.skipped[0]["reason"]
    assert archive.import_(tmp_path / "agents.json").known == 1
    design = archive.design("A")
    (said,) = archive.claims(design.id)
    assert (said["origin"], said["claim"]["generation"]) == ("import of agents.json", 4)
    assert "median lies outside" in said["claim"]["fitness"]["broken"]
    assert archive.summaries() == []
    archive.export(tmp_path / "out.jsonl")
    with Archive(tmp_path / "other.db") as other:
        assert other.import_(tmp_path / "out.jsonl").added == 2
        assert other.claims(design.id) == archive.claims(design.id)
        assert other.import_(tmp_path / "out.jsonl").added == 0


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.json", b"[" * 50 + b"]" * 50, "nests deeper"),
        ("x.json", b'{"a": NaN}', "NaN"),
        ("x.json", b"\x80\x04\x95pickle", "not UTF-8"),
        ("x.json", b'{"designs": 1}', "of no kind"),
        ("x.json", b"[]", "of no kind"),
        ("x.py", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_of_no_known_kind_is_one_line(name, data, said, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=said) as error:
        read_elsewhere(tmp_path / name)
    assert "\n" not in str(error.value)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="nothing that can be imported"):
        read_elsewhere(tmp_path / "empty")


@needs_data
def test_all_of_adas_s_published_agents_come_in():
    found = [
        each for name in ("mgsm", "drop", "mmlu") for each in read_elsewhere(DATA / "adas" / f"{name}.json")
    ]
    assert len(found) == 106
    brought = [each for each in found if isinstance(each, Brought)]
    assert len(brought) >= 99
    assert all("generation" in each.claim and "fitness" in each.claim for each in brought)
    assert sum(bool(each.design.thought) for each in brought) >= len(brought) - 3  # some have none
    flagged = [each for each in brought if "broken" in each.claim["fitness"]]
    assert {each.design.origin for each in flagged} == {"import of drop.json"}
    assert len(flagged) == 35


@needs_data
def test_evoagentx_s_published_graphs():
    made = one(DATA / "evoagentx" / "tetris_game.json")
    assert made.claim["nodes"][-1] == "final_code_integration"
    check(made.design, blocks())
    assert "needs the tool ArxivToolkit" in one(DATA / "evoagentx" / "arxiv_daily_digest.json").reason


AGENT = """def forward(self, taskInfo):
    agent = LLMAgentBase(["answer"], "Solver")
    return agent([taskInfo], "Solve it, number N.")[0]
"""
BAD_AGENTS = {
    "a huge integer": (f'{{"code": "x", "generation": 1{"0" * 30}}}', "an integer is too large"),
    "a very huge integer": (f'{{"code": "x", "generation": 1{"0" * 5000}}}', "an integer is too large"),
    "an infinite number": ('{"code": "x", "acc": 1e400}', "not finite"),
    "not a number": ('{"code": "x", "acc": NaN}', "NaN is not JSON"),
    "two codes": ('{"code": "x", "code": "y"}', '"code" is given twice'),
    "deep": (f'{{"code": "x", "n": {"[" * 40}1{"]" * 40}}}', "nests deeper"),
    "a text": ('"forward"', "no agent"),
    "nothing": ("null", "no agent"),
    "another object": ('{"name": "x"}', "no code"),
    "a literal": (
        json.dumps({"code": f"def forward(self, t):\n    return 0x{'f' * 4000}"}),
        "number literal",
    ),
    "deep code": (json.dumps({"code": f"def forward(self, t):\n    return {'[' * 150}{']' * 150}"}), "nest"),
    "a zero in its code": (json.dumps({"code": "def forward\0"}), ""),
    "half a character": (json.dumps({"name": "\ud800", "code": "\udfff = 1"}), ""),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD_AGENTS)
def test_a_bad_agent_is_skipped_and_not_its_file(name, archive, tmp_path):
    bad, said = BAD_AGENTS[name]
    good = [json.dumps({"name": f"good {i}", "code": AGENT.replace("N", str(i))}) for i in range(2)]
    path = tmp_path / "agents.json"
    path.write_text(f"[{good[0]}, {bad}, {good[1]}]")
    found = archive.import_(path)
    assert (found.added, len(found.skipped)) == (2, 1)
    assert said in found.skipped[0]["reason"]


def test_a_bad_round_is_skipped_and_not_its_folder(rounds, archive):
    (bad := rounds / "round_9").mkdir()
    (bad / "graph.py").write_bytes(b"\xff\xfe")
    (bad / "prompt.py").write_text("")
    found = archive.import_(rounds)
    assert found.added
    assert any("UTF-8" in skipped["reason"] for skipped in found.skipped)
