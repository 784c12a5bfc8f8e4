"""Each step out in turn: what it earns over plain votes for the same tokens, in any design."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.cli import main
from masdesign.evaluation import Evaluation, session
from masdesign.experiments.baselines import step_by_step
from masdesign.experiments.curve import Curve, Point, advantage, earned
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.search.ablation.steps import steps_of, without
from masdesign.types import Answer, Request, Result, Usage
from masdesign.workflow import Design, check

EVERYTHING = """
async def workflow(task):
    drafts = await gather(*[chain_of_thought(task, temperature=0.8, role="expert") for _ in range(5)])
    verdicts = await gather(*[verify(task, draft) for draft in drafts])
    kept = [d for d, v in zip(drafts, verdicts) if v.ok]
    if agreement(drafts) < 0.5:
        drafts += await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
    best = majority(kept or drafts)
    if await classify(task, ["easy", "hard"]) == "hard":
        best = await choose(task, drafts)
    parts = await split_question(task)
    simple = await focus(task)
    again = await debate_round(simple, best, drafts)
    other = await mixture_of_agents(task)
    final = await revise(task, await debate_round(task, again, [other]), (await verify(task, best)).critique)
    return final
"""


def test_every_step_of_a_hand_written_design_can_be_taken_out() -> None:
    design, known = Design(EVERYTHING, name="everything"), blocks()
    steps = steps_of(design, known)
    assert [step.name for step in steps] == [
        "role of chain_of_thought", "verify", "further draws", "classify", "choose", "split_question",
        "focus", "debate_round", "mixture_of_agents", "revise", "debate_round", "verify",
    ]  # fmt: skip
    for step in steps:
        variant = without(design, [step], known)
        check(variant.source, known)
        assert variant.id != design.id
        assert variant.parents == (design.id,)
        assert len(steps_of(variant, known)) < len(steps)
    bare = without(design, steps, known)
    check(bare.source, known)
    assert steps_of(bare, known) == ()
    for block in ("verify", "choose", "revise", "debate_round", "focus", "mixture_of_agents", "classify"):
        assert f"{block}(" not in bare.source


def test_plain_votes_have_no_steps_and_a_designs_own_functions_are_none() -> None:
    head = "async def workflow(task):\n"
    vote = f"{head}    return await self_consistency(task, n=5, temperature=0.7)\n"
    own = f"async def verify(x):\n    return x\n\n{head}    return await verify(await direct(task))\n"
    spread = f"{head}    parts = [task, await direct(task), '']\n    return await revise(*parts)\n"
    for source in (vote, own, spread):
        assert steps_of(Design(source), blocks()) == ()


def scored(design: str, right: set[int], tokens: int) -> Evaluation:
    used = Usage(tokens, 0)
    results = tuple(Result(str(i), Answer(""), float(i in right), used, 1) for i in range(100))
    return Evaluation(design, "t", "1", "val", "m", 0, "", 100, results)


def test_what_is_earned_is_the_difference_of_the_advantages() -> None:
    curve = Curve(
        (
            Point("step_by_step", None, scored("s", set(range(40)), 100)),
            Point("self_consistency_9", 9, scored("v", set(range(60)), 900)),
        ),
        0.0,
    )
    whole, less = scored("w", set(range(70)), 500), scored("l", set(range(45)), 300)
    found = earned(whole, less, curve, seed=0)
    apart = advantage(whole, curve, seed=0).score - advantage(less, curve, seed=0).score
    assert found.score == pytest.approx(apart) == pytest.approx(0.25 - 0.05)
    assert 0 < found.low < found.score < found.high
    wider = earned(whole, less, curve, seed=0, confidence=0.999)
    assert wider.low < found.low
    assert earned(whole, whole, curve, seed=0).score == 0.0


def reply(request: Request) -> str:
    """Draws are right in three of ten, and wrong alike; the judge is right; correcting spoils."""
    prompt = request.messages[-1].content
    right = 2 * int(re.findall(r"(\d+) doubled", prompt)[-1])
    if "Check the solution" in prompt:
        return f"Verdict: {'right' if f'Answer: {right}' in prompt else 'wrong'}"
    if "Correct" in prompt:
        return "Answer: 1"
    draw = hashlib.sha256(f"{prompt}{request.sample}".encode()).digest()[0] / 256
    return f"Answer: {right if draw < 0.3 else 1}"


ABLATE = ["archive", "ablate", "design.py", "double.jsonl", "--archive=a.db", "--items=40"]


def double(monkeypatch, folder: Path) -> None:
    """A task, a design of it, and a model, in the folder that then is the working directory."""

    def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
        return Cached(Limited(Scripted(reply), concurrency), cache)

    monkeypatch.setattr(session, "load_lm", load)
    monkeypatch.chdir(folder)
    lines = [json.dumps({"question": f"{n} doubled =", "target": str(2 * n)}) for n in range(1, 200)]
    Path("double.jsonl").write_text("\n".join(lines))
    Path("design.py").write_text(
        "async def workflow(task):\n"
        "    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(5)])\n"
        "    verdicts = await gather(*[verify(task, draft) for draft in drafts])\n"
        "    kept = [d for d, v in zip(drafts, verdicts) if v.ok]\n"
        "    best = majority(kept or drafts)\n"
        "    if not kept:\n"
        "        best = await revise(task, best, 'it is wrong')\n"
        "    return best\n"
    )


@pytest.mark.slow
def test_ablate_says_which_steps_earn_their_cost_and_keeps_the_simplified_design(
    monkeypatch, tmp_path: Path, capsys
) -> None:
    double(monkeypatch, tmp_path)
    assert main([*ABLATE, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    says = {step["step"]: step["says"] for step in found["steps"]}
    assert says == {"verify": "earns its cost", "revise": "earns nothing"}
    assert found["advantage"]["low"] > 0
    assert found["simplified"]["score"] == found["score"]
    assert found["simplified"]["tokens_per_item"] < found["tokens_per_item"]
    with Archive("a.db") as archive:
        simple = archive.design(found["simplified"]["id"])
        assert simple.parents == (found["design"],)
        assert "revise" not in simple.source
        assert "verify" in simple.source
        for step in found["steps"]:
            assert archive.design(step["id"]).parents == (found["design"],)
            (kept,) = archive.evaluations(design_id=step["id"])
            assert (kept.complete, kept.score) == (True, step["without"]["score"])
        (run,) = archive.runs()
        assert not run.searches
        assert run.outcome is not None
        assert run.outcome["says"] == found["says"]
        kept_of_run = {summary.design_id for summary in archive.summaries(run=run.name)}
        assert kept_of_run >= {
            found["design"],
            simple.id,
            step_by_step().id,
            *(s["id"] for s in found["steps"]),
        }
        assert archive.openings() == []
        assert archive.lineage(simple.id).ancestors[0].design_id == found["design"]
    assert main(ABLATE) == 0
    said = capsys.readouterr().out
    assert "earns its cost: verify (line 3)" in said
    assert "earns nothing: revise (line 7)" in said
    assert "more than a plain vote" in said
    assert "(0 sent)" in said
    with Archive("a.db") as archive:
        assert len(archive.runs()) == 1, "made again, an ablation is the same run"


@pytest.mark.slow
def test_no_design_is_made_by_a_look_at_test(monkeypatch, tmp_path: Path, capsys) -> None:
    double(monkeypatch, tmp_path)
    assert main([*ABLATE, "--split=test", "--test-items=20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "earns nothing" in {step["says"] for step in found["steps"]}
    assert found["simplified"] is None
    assert any("no step is left out for what test says" in line for line in found["says"])
    with Archive("a.db") as archive:
        (look,) = archive.openings()
        assert set(look.designs) == {found["design"], *(step["id"] for step in found["steps"])}


@pytest.mark.slow
def test_a_design_that_answers_by_code_is_remarked_on(monkeypatch, tmp_path: Path, capsys) -> None:
    double(monkeypatch, tmp_path)
    said = "with a blank model"
    assert main([*ABLATE, "--items=20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["blank_control"], found["answers_without_model"]) == (0.0, False)
    assert not any(said in line for line in found["says"])
    source = "async def workflow(task):\n    draft = await direct(task)\n    await verify(task, draft)\n"
    Path("design.py").write_text(source + "    return str(2 * int(task.question.split()[0]))\n")
    assert main([*ABLATE, "--items=20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["blank_control"], found["answers_without_model"]) == (1.0, True)
    assert main([*ABLATE, "--items=20"]) == 0
    assert "beware: with a blank model it still scores 1.000: its code answers" in capsys.readouterr().out
    with Archive("a.db") as archive:
        assert archive.controls(archive.summaries(design_id=found["design"])) != {}


def test_a_design_that_never_runs_is_one_line_and_exit_2(monkeypatch, tmp_path: Path, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("design.py").write_text("async def workflow(task):\n    x = [][0]\n    return await direct(task)\n")
    assert main(["archive", "ablate", "design.py", "arithmetic", "--archive=a.db", "--items=5"]) == 2
    assert "fails on every item" in capsys.readouterr().err
