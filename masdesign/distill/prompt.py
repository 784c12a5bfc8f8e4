"""`DistilledPrompt`: what a design is distilled into, and the design that asks with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from masdesign.building_blocks import blocks
from masdesign.building_blocks._asking import ending_of, with_ending
from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import demonstrations
from masdesign.building_blocks.conversation import EVIDENCE
from masdesign.distill._requests import default_instruction
from masdesign.types import PLAIN, Asking, Example, Message, Question, Tool
from masdesign.workflow import Design

REPLY = "{{reply {}}}"
"""Stands for the model's reply to an earlier turn where a conversation is shown."""


@dataclass(frozen=True, slots=True)
class DistilledPrompt:
    """One model's prompt: a role, worked examples, and what is asked below the problem.

    It is never run by itself: its `design` is, so that evaluator, cache, budget and archive serve it as
    any other. Several ``turns`` are one conversation.

    >>> prompt = DistilledPrompt(("Think, then check. Give the answer on the last line: Answer: ...",))
    >>> prompt.messages(Question("1 + 1 ="))[-1].content.splitlines()[0]
    'Problem: 1 + 1 ='
    """

    turns: tuple[str, ...]
    """What is asked below the problem, then in each further turn. Empty text: the block's own words."""
    role: str = ""
    """The system message; empty: none."""
    examples: tuple[Example, ...] = ()
    """Worked examples, shown before the problem (of a prompt of one turn)."""
    tools: tuple[Tool, ...] = ()
    """With tools it is the prompt of one agent, which acts with them."""
    asking: Asking = PLAIN
    """How the task asks, where the prompt is written for others; a design is asked as its task asks."""

    @property
    def source(self) -> str:
        """The prompt as a workflow in the design language."""
        return f"async def workflow(task):\n    return await {self._call()}\n"

    def _call(self) -> str:
        named = {"role": self.role} if self.role else {}
        if self.tools:
            return f"agent({_listed('task', instruction=self.turns[0], **named)})"
        if len(self.turns) > 1:
            return f"conversation({_listed('task', list(self.turns), **named)})"
        if self.turns[0]:
            named = {"instruction": self.turns[0], **named}
        if not self.examples:
            return f"chain_of_thought({_listed('task', **named)})"
        shown = {"n": len(self.examples)}
        questions = ", ".join(_question(e.question) for e in self.examples)
        solutions = ", ".join(f"Answer({e.answer!r}, {e.solution!r})" for e in self.examples)
        listed = _listed("task", **shown)
        rest = _listed("", **named)
        return f"few_shot({listed}, questions=[{questions}], solutions=[{solutions}]{rest})"

    def design(self, name: str, *, origin: str, parents: Sequence[str], thought: str = "") -> Design:
        """The design that asks with this prompt."""
        return Design(self.source, name=name, thought=thought, parents=tuple(parents), origin=origin)

    def messages(self, question: Question) -> tuple[Message, ...]:
        """The chat messages for a question, as the design sends them; `REPLY` for what is said in between."""
        first, *further = self.turns
        held = any(EVIDENCE.search(turn) for turn in self.turns)
        question = question.asked(self.asking)
        question = replace(question, context=()) if held else question
        ending = ending_of(question)
        if self.examples:
            shown = demonstrations(self.examples)
            opening = render("few_shot", role=self.role, task=question, examples=shown, instruction=first)
        elif self.tools:
            opening = render(
                "agent", role=self.role, task=question, instruction=first,
                tools=[], objects=False, start="", memory="",
            )  # fmt: skip
        elif further:
            opening = render("conversation", role=self.role, task=question, instruction=first)
        else:
            opening = render("chain_of_thought", role=self.role, task=question, instruction=first)
        messages = list(opening)
        for number, turn in enumerate(further, 1):
            whole = "Answer:" in turn and "{part}" not in turn
            content = with_ending(turn, ending) if whole else turn
            messages += [Message("assistant", REPLY.format(number)), Message("user", content)]
        return tuple(messages)


def plain_prompt() -> DistilledPrompt:
    """Step by step in the block's own words, said outright: the same requests, but a design of its own."""
    return DistilledPrompt((default_instruction(blocks()["chain_of_thought"]),))


def _question(question: Question) -> str:
    more = [list(question.context), list(question.choices)] if question.choices else [list(question.context)]
    parts = [question.question, *(more if any(more) else [])]
    return f"Question({', '.join(map(repr, parts))})"


def _listed(first: str, *values: Any, **named: Any) -> str:
    """Arguments as source; with an empty first one, those that follow others."""
    return ", ".join([first, *map(repr, values), *(f"{name}={value!r}" for name, value in named.items())])
