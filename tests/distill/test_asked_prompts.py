"""A prompt leaves with its task's instruction, options and answer form, and its replies are read as here."""

from __future__ import annotations

import json

import pytest

from masdesign.distill.forms import written
from masdesign.distill.prompt import DistilledPrompt
from masdesign.types import Asking

TURN = "Think, then check. Give the answer on the last line: Answer: ..."
CHOICE = Asking("Pick a colour.", (), "choice")


def snippet(prompt: DistilledPrompt) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(written(prompt, "python"), names)  # noqa: S102  (our own code)
    return names


@pytest.mark.parametrize(
    ("asking", "reply", "answer"),
    [
        (Asking("Add.", (), "number"), "Answer: $18.00 a day", "$18.00"),
        (CHOICE, "The correct option is B.", "B"),
        (Asking("Sort it.", ("bug", "wish"), "label"), "### Answer\nBug", "bug"),
        (Asking("Write it.", (), "code"), "```python\nx = 1\ny = 2\n```", "x = 1\ny = 2"),
        (Asking(), "Answer: 4.", "4"),
    ],
)
def test_a_python_file_asks_and_reads_as_the_task_does(asking, reply, answer):
    names = snippet(DistilledPrompt((TURN,), asking=asking))
    asked = []

    def complete(messages):
        asked.append(messages[-1]["content"])
        return reply

    assert names["answer"]("Which?", complete, choices=["red", "light blue"]) == answer
    assert asked[0].startswith(asking.instruction or "Problem: ")
    assert ("(A) red\n(B) light blue" in asked[0]) == (asking.form == "choice")
    assert ("Give the answer on the last line" in asked[0]) == (asking.form in {"line", "number"})


@pytest.mark.parametrize("form", ["text", "markdown", "jinja", "chat", "dspy"])
def test_every_form_says_the_instruction_and_how_to_answer(form):
    text = written(DistilledPrompt((TURN,), asking=CHOICE), form)
    assert "Pick a colour." in text
    assert "letter of the right option" in text
    assert "Give the answer on the last line" not in text


def test_a_conversation_ends_as_the_form_says():
    prompt = DistilledPrompt(
        ("Think.", "Check it. End with: Answer: ..."), asking=Asking("Write it.", (), "code")
    )
    document = json.loads(written(prompt, "chat"))
    last = document["messages"][-1]["content"]
    assert last.startswith("Check it.")
    assert "fenced block" in last
    assert "Answer: ..." not in last


def test_a_plain_prompt_is_as_ever():
    assert written(DistilledPrompt((TURN,)), "text") == f"Problem: {{question}}\n\n{TURN}\n"
