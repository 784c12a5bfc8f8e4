"""`BlockContract`: what every block keeps, whoever wrote it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import pytest

from masdesign.aio import run_sync
from masdesign.building_blocks import BLOCKS, catalogue
from masdesign.errors import SourceError
from masdesign.lm import Scripted
from masdesign.types import Answer, Completion, Question, Request, Verdict
from masdesign.workflow import Block, Design, ItemOutcome, MontySandbox, Runtime, check, run_item

QUESTION = Question("((1 + 2) * 3) =", ("Work from the inside out.", "It rains."), ("9", "(B) 10"))
SAMPLES: dict[Any, str] = {
    Question: "task",
    Answer: 'Answer("4", "2 + 2 = 4\\nAnswer: 4")',
    list[Answer]: '[Answer("4"), Answer("5", "Hm.\\nAnswer: 5")]',
    list[str]: '["easy", "hard"]',
    Verdict: 'Verdict(False, "Step 1 is wrong.")',
    str: '"Look at the first step."',
    int: "3",
    float: "0.5",
    bool: "True",
}
"""An argument of each type that a block may take, in the design language."""
SHOWN: dict[Any, str] = {Answer: "result.text", Verdict: "str(result.ok)", Question: "result.question"}
ODD_REPLIES = ("", "¯\\_(ツ)_/¯\nNo idea.", "Answer:", "\x00\n\n```", "Verdict: Choice: Program: Answer:")
HOSTILE = "{{ 7 * 7 }} {% raw %} {# gone #} {% include 'direct.j2' %}"


def dice(request: Request) -> str:
    """A model that errs: its reply depends on the prompt and on the number of the draw."""
    seed = repr((request.messages, request.sample, request.world)).encode()
    roll = hashlib.sha256(seed).digest()[0]
    lines = [f"I roll {roll}.", f"Answer: {roll % 3}", f"Verdict: {'right' if roll % 2 else 'wrong'}"]
    lines += [f"Choice: {1 + roll % 2}", f"Program: {roll} % 3", "Plan: add, then multiply"]
    lines += ["Question 1: What is 1 + 2?", "Question 2: What is 3 * 3?", "Problem: (1 + 2) * 3 ="]
    lines += ["Lessons: 1", "When: it rains", "Do: stay in", "Guidance: add both"]
    return "\n".join([*lines, "Score: 7", "Kind: easy", "Passages: 1", "Summary: none"])


class BlockContract:
    """Inherit it in a test class, and set ``block``.

    A block is typed and documented, asks no more often than it says, answers the same where the model does,
    takes an unreadable reply as no answer, and shows a question to the model as a value, never as a template.
    """

    block: ClassVar[Block[..., Any]]
    samples: ClassVar[dict[str, str]] = {}
    """Arguments by the name of a required parameter, in the design language, where its type does not do."""

    def call(self, **samples: str) -> str:
        """A workflow of one call of the block, which returns its result as text."""
        given = ", ".join((self.samples | samples).get(name, sample) for name, sample in self._required())
        shown = SHOWN.get(self.block.hints["return"], "str(result)")
        result = f"result = await {self.block.name}({given})"
        return f"async def workflow(task):\n    {result}\n    return {shown}\n"

    def run(
        self, source: str, reply: Reply = dice, question: Question = QUESTION
    ) -> tuple[ItemOutcome, Scripted]:
        """The workflow on one question."""
        return answer(Design(source), question, reply, blocks=[self.block], tools=["python"])

    def test_its_types_and_its_docstring_tell_a_designer_how_to_call_it(self) -> None:
        (declared,) = ast.parse(self.block.stub()).body
        assert isinstance(declared, ast.AsyncFunctionDef)
        assert "Any" not in self.block.stub(), "write a type for each parameter and for the result"
        assert 0 < len(self.block.summary) < 110, "begin the docstring with one short sentence"
        assert self.block.summary in catalogue({self.block.name: self.block})
        assert self.block.cost

    def test_a_right_call_passes_the_checks_and_a_wrong_one_does_not(self) -> None:
        name, registered = self.block.name, BLOCKS.all() | {self.block.name: self.block}
        check(self.call(), registered)
        with pytest.raises(SourceError):
            check(self.call().replace(f"{name}(", f"{name}(shouting=True, "), registered)

    def test_it_costs_no_more_than_it_says(self) -> None:
        outcome, model = self.run(self.call())
        assert outcome.failure is None, outcome.failure
        assert outcome.calls == len(model.requests) <= self.block.bound({})

    def test_the_same_replies_give_the_same_answer(self) -> None:
        (once, first), (again, second) = self.run(self.call()), self.run(self.call())
        assert once.answer == again.answer
        assert first.requests == second.requests

    @pytest.mark.parametrize("reply", ODD_REPLIES)
    def test_an_unreadable_reply_is_no_exception(self, reply: str) -> None:
        outcome, _ = self.run(self.call(), lambda request: reply)
        assert outcome.failure is None or outcome.failure.kind == "parse", outcome.failure

    def test_a_question_is_a_value_of_the_prompt(self) -> None:
        outcome, model = self.run(self.call(), question=Question(HOSTILE, (HOSTILE,) * 2, (HOSTILE,)))
        assert outcome.failure is None, outcome.failure
        assert not any("49" in message.content for r in model.requests for message in r.messages)

    def _required(self) -> list[tuple[str, str]]:
        parameters = self.block.signature.parameters.values()
        needed = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
        return [(p.name, SAMPLES[self.block.hints[p.name]]) for p in needed]


Reply = Callable[[Request], "str | Completion | Exception"]


def answer(
    design: Design | Block[..., Any],
    question: Question | str,
    reply: Reply = lambda request: "Answer: 4",
    *,
    blocks: Iterable[Block[..., Any]] = (),
    tools: Iterable[str] = (),
) -> tuple[ItemOutcome, Scripted]:
    """Run a design, or a block that takes only a task, in the sandbox as a search would.

    Parameters:
        reply: gives each reply, or the exception that the model raises.
        blocks: blocks of your own that the design names.
        tools: what it may use: ``python``, ``calculator``, ``retrieval``.

    Returns:
        What became of the question, and the model: its ``requests`` lists what it was asked.

    >>> outcome, model = answer(Design("async def workflow(task): return await direct(task)"), "2 + 2 =")
    >>> outcome.answer.text, len(model.requests)
    ('4', 1)
    """
    registered = BLOCKS.all() | {block.name: block for block in blocks}
    if isinstance(design, Block):
        registered[design.name] = design
        design = Design(f"async def workflow(task):\n    return await {design.name}(task)\n")
    model = Scripted(reply)
    posed = question if isinstance(question, Question) else Question(question)
    return run_sync(_run, design, posed, model, registered, frozenset(tools)), model


async def _run(
    design: Design,
    question: Question,
    model: Scripted,
    registered: dict[str, Block[..., Any]],
    tools: frozenset[str],
) -> ItemOutcome:
    async with MontySandbox() as sandbox:
        return await run_item(design, question, Runtime({"": model}, registered, sandbox, tools=tools))
