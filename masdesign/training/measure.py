"""How well abacus does: the figures of the model card, family by family.

Every item comes from a reserved bucket. Scores are shares of right answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks.read import read_answer, read_verdict
from masdesign.tasks.families import Family, sample_items
from masdesign.types import Item, Message, Question

if TYPE_CHECKING:
    from masdesign.training.sample import Sampler

VOTES = 9
TEMPERATURE = 0.8
PromptMaker = Callable[[Item], tuple[Message, ...]]


def prompt(template: str, instruction: str = "") -> PromptMaker:
    """Renders a template for an item."""
    return lambda item: render(
        template, task=Question(item.question, item.context, item.choices), instruction=instruction
    )


def answers(
    sampler: Sampler, items: Sequence[Item], make: PromptMaker, temperature: float, draws: int = 1
) -> list[list[str]]:
    """Replies, ``draws`` an item."""
    prompts = [sampler.tokenizer.encode_chat(make(item)) for item in items]
    return sampler.replies(prompts, temperature, draws)


def right(item: Item, reply: str) -> bool:
    """Whether the reply's answer is the item's target."""
    return read_answer(reply).text == item.target


def share(items: Sequence[Item], replies: Sequence[Sequence[str]]) -> float:
    """The share of right answers among all replies."""
    marks = [right(item, reply) for item, row in zip(items, replies, strict=True) for reply in row]
    return sum(marks) / len(marks)


def vote(row: Sequence[str]) -> str:
    """The commonest answer of the replies; among equals the one that came first."""
    read = [text for reply in row if (text := read_answer(reply).text)]
    return Counter(read).most_common(1)[0][0] if read else ""


def judge(
    sampler: Sampler, items: Sequence[Item], replies: Sequence[str], instruction: str = ""
) -> dict[str, float]:
    """The judge on abacus's own replies: how often it passes right ones and stops wrong ones."""
    prompts = [
        sampler.tokenizer.encode_chat(
            render(
                "verify",
                task=Question(i.question, i.context, i.choices),
                solution=reply,
                instruction=instruction,
            )
        )
        for i, reply in zip(items, replies, strict=True)
    ]
    verdicts = [read_verdict(row[0]).ok for row in sampler.replies(prompts, 0.0)]
    truth = [right(i, reply) for i, reply in zip(items, replies, strict=True)]
    passed = [ok for ok, true in zip(verdicts, truth, strict=True) if true]
    stopped = [not ok for ok, true in zip(verdicts, truth, strict=True) if not true]
    rates = {
        "passes_right": sum(passed) / max(1, len(passed)),
        "stops_wrong": sum(stopped) / max(1, len(stopped)),
    }
    return {**rates, "balanced": sum(rates.values()) / 2, "wrong": len(stopped), "right": len(passed)}


def solving(sampler: Sampler, items: Sequence[Item], with_judge: bool = True) -> dict[str, float]:
    """At once, greedy, sampled, vote, best of nine, and the judge's rates."""
    draws = answers(sampler, items, prompt("chain_of_thought"), TEMPERATURE, VOTES)
    figures = {
        "items": len(items),
        "at_once": share(items, answers(sampler, items, prompt("direct"), 0.0)),
        "greedy": share(items, answers(sampler, items, prompt("chain_of_thought"), 0.0)),
        "sampled": share(items, draws),
        "vote_of_9": sum(vote(row) == i.target for i, row in zip(items, draws, strict=True)) / len(items),
        "best_of_9": sum(any(right(i, r) for r in row) for i, row in zip(items, draws, strict=True))
        / len(items),
    }
    if with_judge:
        pairs = [(i, reply) for i, row in zip(items, draws, strict=True) for reply in row[:2]]
        rates = judge(sampler, *map(list, zip(*pairs, strict=True)))  # type: ignore[arg-type]
        figures |= {f"judge_{name}": value for name, value in rates.items()}
    return {name: round(value, 4) for name, value in figures.items()}


def fresh(family: Family, n: int, difficulty: int, seed: int = 77) -> list[Item]:
    """Reserved items, other than those of the generated tasks' default seed."""
    return sample_items(family, n, seed, difficulty, reserved=True)
