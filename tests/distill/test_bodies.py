"""Request bodies, an MCP prompt and a skill, each read by the library that it is for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from pydantic import TypeAdapter

from masdesign.building_blocks import blocks
from masdesign.distill.forms import skill, written
from masdesign.distill.outline import outline
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.wording import turns_with_evidence
from masdesign.errors import InputError
from masdesign.types import Tool

TURN = "Think, then check. Give the answer on the last line: Answer: ..."
SCHEMA = {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}
AGENT = DistilledPrompt((TURN,), tools=(Tool("look_up", "Finds a figure.", SCHEMA),))
PROMPTS = {
    "plain": DistilledPrompt((TURN,)),
    "role": DistilledPrompt((TURN,), role="You add."),
    "agent": AGENT,
}
each = pytest.mark.parametrize("name", PROMPTS)
ISOLATE = outline("async def workflow(task):\n    return await isolate(task, n=4)", blocks())


@each
def test_a_body_is_one_that_openai_takes(name):
    params = pytest.importorskip("openai.types.chat.completion_create_params")
    body = json.loads(written(PROMPTS[name], "openai"))
    read = TypeAdapter(params.CompletionCreateParamsNonStreaming).validate_python(body)
    assert list(read["messages"])[-1]["content"].startswith("Problem: {question}") or name == "agent"
    assert [t["function"]["name"] for t in body.get("tools", [])] == [t.name for t in PROMPTS[name].tools]


@pytest.mark.slow
@each
def test_a_body_is_one_that_anthropic_takes(name):
    types = pytest.importorskip("litellm.types.llms.anthropic")
    body = json.loads(written(PROMPTS[name], "anthropic"))
    read = TypeAdapter(types.AnthropicMessagesRequest).validate_python(body)
    assert read["max_tokens"] > 0
    assert all(message["role"] in ("user", "assistant") for message in body["messages"])
    assert body.get("system", "") == PROMPTS[name].role
    assert [t["input_schema"] for t in body.get("tools", [])] == [t.schema for t in PROMPTS[name].tools]


@pytest.mark.parametrize("name", ["plain", "role"])
def test_a_prompt_is_one_that_mcp_serves(name):
    types = pytest.importorskip("mcp.types")
    document = json.loads(written(PROMPTS[name], "mcp"))
    assert types.Prompt.model_validate(document["prompt"]).arguments[0].required
    result = types.GetPromptResult.model_validate(document["result"])
    assert result.messages[-1].content.text.startswith("Problem: {question}")


def test_a_skill_is_one_that_skills_ref_reads(tmp_path):
    skills_ref = pytest.importorskip("skills_ref")
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "SKILL.md").write_text(skill(PROMPTS["role"], "ledger"))
    assert skills_ref.validate(folder) == []
    assert skills_ref.read_properties(folder).name == "ledger"


@pytest.mark.parametrize("form", ["jinja", "dspy", "mcp", "python"])
def test_what_acts_is_refused_where_a_form_holds_no_tools(form):
    with pytest.raises(InputError, match="an agent's prompt has no form"):
        written(AGENT, form)


@pytest.mark.parametrize("alone", [False, True])
def test_a_python_file_fills_the_turns_as_the_block_does(alone, tmp_path):
    prompt = DistilledPrompt(tuple(turns_with_evidence(ISOLATE, alone=alone)))
    (tmp_path / "talk.py").write_text(written(prompt, "python"))
    code = (
        "import json, sys\nsys.path.insert(0, sys.argv[1])\nimport talk\nsent = []\n"
        "replies = iter(['Question 1: Sales of Elm?\\nQuestion 2: Costs of Oak?', 'Answer: 53', 'Answer: 34',"
        " '53 - 34 = 19\\nAnswer: 19'])\n"
        "def complete(messages):\n    sent.append(messages)\n    return next(replies)\n"
        "passages = ('Oak: costs 34.', 'Fir: costs 79.', 'Elm: sales 53.')\n"
        "said = talk.answer('Sales of Elm minus costs of Oak?', complete, passages)\n"
        "print(json.dumps([said, sent]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answer, sent = json.loads(done.stdout)
    assert answer == "19"
    assert "costs" not in sent[0][-1]["content"].replace("costs of Oak", "")
    assert sent[1][-1]["content"].startswith("Passage 1: Elm: sales 53.\nProblem: Sales of Elm?")
    assert "Question 2: Costs of Oak?\nAnswer 2: 34" in sent[3][-1]["content"]
    assert [len(messages) for messages in sent] == ([1] * 4 if alone else [1, 3, 5, 7])


@pytest.mark.parametrize("form", ["text", "markdown", "skill"])
def test_what_is_filled_in_is_explained(form):
    text = written(DistilledPrompt(tuple(turns_with_evidence(ISOLATE, alone=True))), form)
    assert "- {evidence}: the passage that is closest" in text
    assert "- {new}: here a new conversation begins" in text
