"""What is measured of each step: a model without fault has 1 everywhere."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pytest

from masdesign.building_blocks.read import read_numbered
from masdesign.tasks.families import families
from masdesign.training import abilities, kinds, paths
from masdesign.training.case import Case, Exercise
from masdesign.training.measure import fresh
from masdesign.training.overlap import questions_in
from masdesign.training.part_skills import focus, split_question
from masdesign.training.value_skills import valued
from masdesign.types import Item, Message

FEW = 12


class Faultless:
    """Stands for sampler and tokenizer: knows the items that are measured, and answers them rightly."""

    def __init__(self, family: str) -> None:
        self.family, self.tokenizer = family, self
        found = families()[family]
        self.items = {i.question: i for i in fresh(found, FEW, found.default_difficulty, seed=79)}

    def encode_chat(self, messages: Sequence[Message]) -> str:
        return messages[-1].content

    def replies(self, prompts: Sequence[str], temperature: float) -> list[list[str]]:
        return [[self.reply(prompt)] for prompt in prompts]

    def reply(self, prompt: str) -> str:
        family, item = self.posed(prompt)
        case = Case(family, item, "", random.Random(0))
        if "Split it" in prompt:
            return split_question(case).reply
        if "with these answers" in prompt:
            answers = read_numbered(prompt, "answer")
            return case.reply(paths.merge(family, item.record, answers, case.rng))
        if "Write it again" in prompt:
            return focus(case).reply
        if "How likely" in prompt:
            return valued(case, prompt.partition("Steps so far:\n")[2].partition("\n\n")[0])
        if "Which kind" in prompt:
            return f"Kind: {'hard' if kinds.is_hard(family, item) else 'easy'}"
        if "next step" in prompt:
            return f"Answer: {item.target}"
        return case.reply()

    def posed(self, prompt: str) -> tuple[str, Item]:
        """The item that a prompt poses, or the part of one; figures are told apart by their passages."""
        question = questions_in(Exercise("", (Message("user", prompt),), ""))[-1]
        if question in self.items:
            return self.family, self.items[question]
        passages = re.findall(r"^Passage \d+: (.*)$", prompt, re.MULTILINE)
        for item in self.items.values():
            for part in paths.parts(self.family, item):
                if part.item.question == question and set(part.item.context) <= set(passages):
                    return part.family, part.item
        raise AssertionError(prompt)


@pytest.mark.parametrize("family", sorted(paths.WORKED))
def test_a_faultless_model_has_all_abilities(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "ITEMS", FEW)
    figures = abilities.abilities(Faultless(family), families()[family])  # type: ignore[arg-type]
    rate = figures.pop("rate")
    assert rate == 0.5  # no wrong draft to stop
    assert set(figures.values()) == {1.0}, figures
    assert ("parts_apart_then_merged" in figures) is (family == "ledger")
