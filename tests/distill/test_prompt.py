"""A prompt is a design: what is shown, exported and run is the same text."""

import json
import subprocess
import sys
from importlib import import_module

import pytest
from jinja2 import Environment

from masdesign.building_blocks import blocks
from masdesign.building_blocks.read import read_answer
from masdesign.distill.forms import FORMS, form_of, skill, written
from masdesign.distill.prompt import DistilledPrompt
from masdesign.errors import InputError
from masdesign.types import Example, Question
from masdesign.workflow import check, run_item

HOSTILE = 'Mind {{ 7 * 7 }} and {% raw %} and {# this #} {{{ "quotes" }}} and \\n.'
QUESTION = Question("2 + 2 = {{ question }}", ("A passage with {{ braces }}.",), ("4", "(B) 5"))
PROMPTS = {
    "plain": DistilledPrompt(("Think. Give the answer on the last line: Answer: ...",)),
    "role": DistilledPrompt((HOSTILE,), role='You are "careful" {{ now }}.'),
    "examples": DistilledPrompt(
        ("Solve it.",),
        examples=(
            Example(Question("1 + 1 =", ("Sums.",), ("2", "3")), "2", "1 and 1.\nAnswer: 2"),
            Example(Question("1 + 3 =", (), ("4",)), "4"),
        ),
    ),
    "unworded": DistilledPrompt(("",), examples=(Example(Question("1 + 1 ="), "2"),)),
    "conversation": DistilledPrompt(("Think.", HOSTILE, "End with: Answer: ..."), role="You are two."),
}
each = pytest.mark.parametrize("prompt", PROMPTS.values(), ids=list(PROMPTS))
single = pytest.mark.parametrize(
    "prompt", [p for p in PROMPTS.values() if len(p.turns) == 1], ids=[n for n in PROMPTS if n[0] != "c"]
)


@each
async def test_what_is_shown_is_what_is_sent(prompt, open_runtime):
    async with open_runtime(lambda request: "Answer: 4") as (runtime, lm):
        checked = check(prompt.source, blocks())
        outcome = await run_item(checked, QUESTION, runtime)
    assert outcome.failure is None, outcome.failure
    assert outcome.calls == len(prompt.turns)
    shown = [m.content for m in prompt.messages(QUESTION) if not m.content.startswith("{reply")]
    sent = [m.content for m in lm.requests[-1].messages if m.role != "assistant"]
    assert sent == shown


@single
def test_the_template_renders_to_what_is_sent(prompt):
    values = {"question": QUESTION.question, "context": QUESTION.context, "choices": QUESTION.choices}
    rendered = Environment().from_string(written(prompt, "jinja")).render(values)
    assert rendered == "\n\n".join(m.content for m in prompt.messages(QUESTION))
    bare = Environment().from_string(written(prompt, "jinja")).render(question="1 + 1 =")
    assert bare == "\n\n".join(m.content for m in prompt.messages(Question("1 + 1 =")))


@pytest.mark.slow
@each
def test_the_snippet_sends_the_same_and_needs_only_python(prompt, tmp_path):
    file = tmp_path / "snippet.py"
    file.write_text(written(prompt, "python"))
    code = (
        "import json, sys\nsys.path.insert(0, sys.argv[1])\nimport snippet\ntold = []\n"
        "def complete(messages):\n    told.append(messages)\n    return 'So.\\n**Answer:** 4.'\n"
        "said = snippet.answer(*json.loads(sys.argv[2])[:1], complete, *json.loads(sys.argv[2])[1:])\n"
        "print(json.dumps([said, told[-1]]))"
    )
    asked = json.dumps([QUESTION.question, QUESTION.context, QUESTION.choices])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path), asked], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said, told = json.loads(done.stdout)
    assert said == "4"
    shown = [m.content for m in prompt.messages(QUESTION) if m.role != "assistant"]
    assert [m["content"] for m in told if m["role"] != "assistant"] == shown


def test_the_snippet_reads_replies_as_they_were_read_when_the_prompt_was_measured(tmp_path, monkeypatch):
    (tmp_path / "exported_snippet.py").write_text(written(PROMPTS["plain"], "python"))
    monkeypatch.syspath_prepend(tmp_path)
    snippet = import_module("exported_snippet")
    replies = [
        "So.\n**Answer:** 4.", "Answer:\n42", r"Hence \boxed{7}", "Two steps.\n#### 9", "The answer is 5.",
        '{"answer": "8"}', "Answer: $4$", "Answer: `x`", "I do not know", "",
    ]  # fmt: skip
    for reply in replies:
        assert snippet.answer("1 + 1 =", lambda told, said=reply: said) == read_answer(reply).text, reply


@each
def test_chat_is_json_with_a_place_for_the_question(prompt):
    found = json.loads(written(prompt, "chat"))
    assert found["replace"] == ["{question}"]
    filled = [m["content"].replace("{question}", "1 + 1 =") for m in found["messages"]]
    assert filled == [m.content for m in prompt.messages(Question("1 + 1 ="))]


@each
def test_text_and_markdown_hold_every_message(prompt):
    for form in ("text", "markdown"):
        told = written(prompt, form)
        assert all(part.strip() in told for part in (*prompt.turns, prompt.role))


@single
def test_the_program_is_a_dspy_predictor(prompt, tmp_path):
    dspy = pytest.importorskip("dspy")
    space = {}
    exec(written(prompt, "dspy"), space)  # noqa: S102  (our own output)
    program = space["program"]
    assert isinstance(program, dspy.Predict)
    assert prompt.turns[0] in program.signature.instructions
    assert [demo.answer for demo in program.demos] == [e.answer for e in prompt.examples]
    for demo, example in zip(program.demos, prompt.examples, strict=True):
        whole = (*example.question.context, example.question.question, *example.question.choices)
        assert all(part in demo.question for part in whole)


def test_the_examples_of_a_dspy_program_keep_passages_and_options():
    example = Example(Question("Which?", ("The sea is blue.",), ("red", "blue")), "blue")
    space = {}
    exec(written(DistilledPrompt(("",), examples=(example,)), "dspy"), space)  # noqa: S102  (our own output)
    (demo,) = space["program"].demos
    assert demo.question == "Passage 1: The sea is blue.\nWhich?\nOptions:\n- red\n- blue"


@pytest.mark.parametrize("form", ["jinja", "dspy"])
def test_a_conversation_refuses_what_it_cannot_be(form):
    with pytest.raises(InputError, match="3 turns"):
        written(PROMPTS["conversation"], form)


def test_forms_follow_the_ending_of_the_file():
    assert {form_of(f"p{e}") for e in (".md", ".j2", ".json", ".py", ".txt")} == {*FORMS} - {
        "dspy", "skill", "openai", "anthropic", "mcp"
    }  # fmt: skip
    assert form_of("skills/ledger/SKILL.md") == "skill"
    with pytest.raises(InputError, match="nope"):
        form_of("p.md", "nope")


@pytest.mark.parametrize("name", PROMPTS)
def test_a_skill_has_its_frontmatter_and_asks_as_the_prompt_does(name):
    lines = skill(PROMPTS[name], "Ledger v1").splitlines()
    assert lines[:2] == ["---", "name: ledger-v1"]
    assert json.loads(lines[2].removeprefix("description: ")).startswith("How to answer")
    assert lines[3] == "---"
    body = "\n".join(lines[4:])
    assert "Problem: \N{BALLOT BOX WITH CHECK}" not in body
    for turn in PROMPTS[name].turns:
        assert turn.strip() in body
