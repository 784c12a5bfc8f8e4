"""Blocks on an OpenAI-compatible server, through the command line: replies as large models dress them."""

import json
from pathlib import Path

import pytest
from openai_server import fails, says, serving

from masdesign.cli import main

KEY = "sk-canary-0b1f6d7e22aa4c55"
QUESTION = "A pen costs 3 and a book 18. What do both cost?"
REPLIES = {
    "Verdict:": "### Check\n1. 3 + 18 = 21, so the sum is **right**.\n\n**Verdict:** right.",
    "Choice:": "Both are close, but the second adds up.\n\n**Choice: Solution 2**",
    "Program:": "Here it is:\n\n```python\npen = 3\nbook = 18\npen + book\n```",
    "Plan:": "Let me think.\n\n**Plan:** Add the two prices.",
    "critique": "You are right, I misread it.\n\n$3 + 18 = 21$\n\n$$\\boxed{21}$$",
    "Another solution": "Comparing both, the sum holds.\n\n#### 21",
    "at once": "21",
    "step by step": "**Step 1.** 3 + 18 = 21.\n\n**Answer:** 21.",
}
WORKFLOWS = {
    "direct": "return await direct(task)",
    "chain_of_thought": "return await chain_of_thought(task, role='You are a shopkeeper.')",
    "self_consistency": "return await self_consistency(task, n=3)",
    "write_program": "return await write_program(task)",
    "ask": "plan = await ask('Plan the solution.', task, output='plan')\n    return plan.text",
    "verify": "v = await verify(task, Answer('21'))\n    return 'right' if v.ok else 'wrong'",
    "revise": "return await revise(task, Answer('20'), 'The sum is wrong.')",
    "debate_round": "return await debate_round(task, Answer('20'), [Answer('21')])",
    "choose": "return await choose(task, [Answer('20'), Answer('21')])",
}
ANSWERS = dict.fromkeys(WORKFLOWS, "21") | {"ask": "Add the two prices", "verify": "right"}


def large_model(request):
    prompt = request["messages"][-1]["content"]
    return says(next(reply for words, reply in REPLIES.items() if words in prompt))


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs a workflow's body on the models at a server: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def run(body, server, *options, models=("openai/large",)):
        Path("design.py").write_text(f"async def workflow(task):\n    {body}\n")
        named = [part for model in models for part in ("--model", model)]
        common = ["--base-url", server.url, "--price", "1/2", "--tools", "python", *named, *options]
        code = main(["run", "design.py", "--question", QUESTION, *common])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_block_reads_a_large_model(name, run):
    with serving(answer=large_model) as server:
        code, out, err = run(WORKFLOWS[name], server, "--json")
    document = json.loads(out)
    assert (code, err, document["failure"]) == (0, "", None)
    assert document["answer"] == ANSWERS[name]
    calls = 3 if name == "self_consistency" else 1
    assert document["spend"]["calls"] == document["spend"]["paid_calls"] == len(server.requests) == calls
    assert document["spend"]["usd"] == pytest.approx(calls * (12 + 2 * 5) / 1e6)


def test_a_role_is_the_system_message(run):
    with serving(answer=large_model) as server:
        run(WORKFLOWS["chain_of_thought"], server)
    assert server.requests[0]["messages"][0] == {"role": "system", "content": "You are a shopkeeper."}


def test_a_design_asks_for_models_by_name(run):
    body = "draft = await direct(task, model='small')\n"
    body += "    return await revise(task, draft, 'Look again.', model='large')"
    with serving(answer=large_model) as server:
        code, out, _ = run(body, server, models=("small=openai/tiny", "large=openai/huge"))
    assert (code, out) == (0, "21\n")
    assert [request["model"] for request in server.requests] == ["tiny", "huge"]


def test_the_second_time_costs_nothing(run):
    with serving(answer=large_model) as server:
        run(WORKFLOWS["self_consistency"], server)
        _, out, _ = run(WORKFLOWS["self_consistency"], server, "--json")
    spend = json.loads(out)["spend"]
    assert (spend["calls"], spend["paid_calls"], spend["paid_usd"]) == (3, 0, 0.0)
    assert len(server.requests) == 3


def test_a_refused_key_is_one_line_and_stays_a_secret(run, tmp_path):
    with serving(fails(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key")) as server:
        code, out, err = run(WORKFLOWS["direct"], server)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "key" in err
    assert KEY not in err
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_request_that_is_refused_is_a_failure_and_no_answer(run):
    with serving(fails(400, "this model does not take a temperature")) as server:
        code, out, err = run(WORKFLOWS["direct"], server)
    assert (code, out) != (0, "21\n")
    failure, note = err.splitlines()
    assert failure.startswith("no answer (refused): ")
    assert "does not take a temperature" in failure
    assert note.startswith("note: ")
    assert "refuses temperature: left out" in note
    assert "1 of 1 replies was refused" in note
