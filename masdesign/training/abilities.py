"""How well abacus does each step that composite blocks are made of, alone: ``python -m
masdesign.training.abilities FOLDER``.

Every item comes from a reserved bucket; replies are read by the blocks' own readers, at temperature 0.
Measured alone before anything is built on it, since a design can be no better than its steps.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks.read import read_answer, read_field, read_label, read_numbered, read_score
from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.tasks.families import Family, families, sample_items
from masdesign.training import paths
from masdesign.training.case import Case
from masdesign.training.composed import composed
from masdesign.training.kinds import is_hard
from masdesign.training.measure import fresh, prompt, right
from masdesign.training.solution import Part, lay_out
from masdesign.training.value_skills import RIGHT
from masdesign.types import Item, Message, Question

if TYPE_CHECKING:
    from masdesign.training.model import Abacus
    from masdesign.training.sample import Sampler

ITEMS = 100
Rows = Sequence[tuple[Message, ...]]


def abilities(sampler: Sampler, family: Family) -> dict[str, float]:
    """Shares of right replies, by step; 1 is best."""
    items = fresh(family, ITEMS, family.default_difficulty, seed=79)
    parts = [paths.parts(family.name, item) for item in items]
    figures = {
        "split": _share(sampler, [_split(i) for i in items], [_is_split(row) for row in parts]),
        "part": _parts_alone(sampler, parts, whole=None),
        "merge": _share(
            sampler, [_merge(i, p) for i, p in zip(items, parts, strict=True)], [_answers(i) for i in items]
        ),
        "focus": _share(
            sampler, [_task("focus", i) for i in items], [_is_focused(family.name, i) for i in items]
        ),
        "few_shot": _share(sampler, _with_examples(family, items), [_answers(i) for i in items]),
        "several_steps_in_one": _share(sampler, _composed(family, items), [_answers(i) for i in items]),
        "next_step": _stepwise(sampler, family.name, items),
        "rate": _rated(sampler, family.name, items),
        "kind_of_problem": _sorted(sampler, family.name, items),
    }
    if items[0].context:
        figures["part_among_all_passages"] = _parts_alone(sampler, parts, whole=items)
        figures["parts_apart_then_merged"] = _isolated(sampler, items, parts)
    return {name: round(value, 3) for name, value in figures.items()}


def _replies(sampler: Sampler, prompts: Rows, temperature: float = 0.0) -> list[str]:
    encoded = [sampler.tokenizer.encode_chat(messages) for messages in prompts]
    return [row[0] for row in sampler.replies(encoded, temperature)]


def _share(sampler: Sampler, prompts: Rows, tests: Sequence[Any]) -> float:
    replies = _replies(sampler, prompts)
    return sum(test(reply) for test, reply in zip(tests, replies, strict=True)) / len(tests)


def _question(item: Item) -> Question:
    return Question(item.question, item.context, item.choices)


def _task(template: str, item: Item, **values: Any) -> tuple[Message, ...]:
    return render(template, task=_question(item), instruction="", **values)


def _answers(item: Item) -> Any:
    return lambda reply: right(item, reply)


def _split(item: Item) -> tuple[Message, ...]:
    return _task("split_question", item, n=4)


def _is_split(parts: list[Part]) -> Any:
    wanted = [part.item.question for part in parts][:4]
    return lambda reply: read_numbered(reply, "question")[:4] == wanted


def _merge(item: Item, parts: list[Part], answers: Sequence[str] | None = None) -> tuple[Message, ...]:
    given = answers or [part.item.target for part in parts]
    pairs = [(part.item.question, answer) for part, answer in zip(parts, given, strict=True)]
    task = Question(item.question, (), item.choices)
    return render("merge_answers", task=task, parts=pairs, instruction="")


def _parts_alone(sampler: Sampler, parts: Sequence[list[Part]], whole: Sequence[Item] | None) -> float:
    """Parts step by step, each with its own passage, or with all passages of the whole item."""
    posed = []
    for number, row in enumerate(parts):
        for part in row:
            context = whole[number].context if whole else part.item.context
            posed.append((part.item, Question(part.item.question, context, part.item.choices)))
    prompts = [render("chain_of_thought", task=task, instruction="") for _, task in posed]
    return _share(sampler, prompts, [_answers(item) for item, _ in posed])


def _isolated(sampler: Sampler, items: Sequence[Item], parts: Sequence[list[Part]]) -> float:
    """The expert's way with the right split: each figure from its own passage, then merged."""
    prompts = [prompt("chain_of_thought")(part.item) for row in parts for part in row]
    answers_read = iter(read_answer(reply).text or paths.UNKNOWN for reply in _replies(sampler, prompts))
    merges = [_merge(i, row, [next(answers_read) for _ in row]) for i, row in zip(items, parts, strict=True)]
    return _share(sampler, merges, [_answers(item) for item in items])


def _is_focused(family: str, item: Item) -> Any:
    wanted = " ".join(paths.focus(family, item).split()).rstrip(".")
    named = ", ".join(map(str, paths.passages(family, item)))

    def test(reply: str) -> bool:
        passages = read_field(reply, "passages").text if item.context else ""
        return passages == named and read_field(reply, "problem").text.rstrip(".") == wanted

    return test


def _with_examples(family: Family, items: Sequence[Item]) -> list[tuple[Message, ...]]:
    """With one `train` item and its answer, as the block shows it."""
    shown = sample_items(family, 1, 0, family.default_difficulty, reserved=False)
    examples = [{"question": _question(item), "solution": f"Answer: {item.target}"} for item in shown]
    return [_task("few_shot", item, examples=examples) for item in items]


def _composed(family: Family, items: Sequence[Item]) -> list[tuple[Message, ...]]:
    """Prompts that ask for several steps, checks and votes in one reply."""
    cases = (Case(family.name, item, "", random.Random(number)) for number, item in enumerate(items))
    return [composed(case).messages for case in cases]


def _stepwise(sampler: Sampler, family: str, items: Sequence[Item]) -> float:
    """The share of single steps, each after true ones, that are true, or give the right answer."""
    prompts, tests = [], []
    for number, item in enumerate(items):
        rng = random.Random(number)
        solution = paths.solve(family, item.record, rng)
        lines = lay_out(solution, "lines").split("\n")
        done = rng.randrange(len(lines))
        prompts.append(_task("next_step", item, steps="\n".join(lines[:done])))
        tests.append(_is_true(family, item))
    return _share(sampler, prompts, tests)


def _is_true(family: str, item: Item) -> Any:
    truth = paths.truth(family, item.record)

    def test(reply: str) -> bool:
        if read_answer(reply).text:
            return right(item, reply)
        label, _, rest = reply.strip().partition(" ")
        value = rest.rpartition(" = ")[2]
        return truth(label, value) == value

    return test


def _rated(sampler: Sampler, family: str, items: Sequence[Item]) -> float:
    """Balanced accuracy of the score, above or below the middle, on abacus's own draws."""
    drafts = _replies(sampler, [prompt("chain_of_thought")(item) for item in items], 1.0)
    good = [right(item, draft) for item, draft in zip(items, drafts, strict=True)]
    prompts = [_task("rate", item, steps=draft) for item, draft in zip(items, drafts, strict=True)]
    verdicts = [(read_score(reply, "score", RIGHT) or 0) > RIGHT / 2 for reply in _replies(sampler, prompts)]
    hits = {
        kind: [s is kind for s, g in zip(verdicts, good, strict=True) if g is kind] or [False]
        for kind in (True, False)
    }
    return sum(sum(row) / len(row) for row in hits.values()) / 2


def _sorted(sampler: Sampler, family: str, items: Sequence[Item]) -> float:
    """Whether it is said to be easy or hard as it is."""
    hard = [is_hard(family, item) for item in items]
    labels = ["easy", "hard"]
    prompts = [_task("classify", item, labels=labels) for item in items]
    kinds = [read_label(reply, "kind", labels) for reply in _replies(sampler, prompts)]
    return sum(name == labels[truly] for name, truly in zip(kinds, hard, strict=True)) / len(items)


def main() -> None:
    """Print the table for the weights in a folder, or for a training run's checkpoint in it."""
    from masdesign.training.sample import Sampler

    parser = argparse.ArgumentParser(prog="python -m masdesign.training.abilities", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds weights.npz, or checkpoint.pt below the vocabulary")
    parser.add_argument("--family", action="append", help="only this one; may be given several times")
    options = parser.parse_args()
    model, tokenizer = _weights(options.folder)
    for name in options.family or paths.WORKED:
        figures = abilities(Sampler(model, tokenizer), families()[name])
        sys.stdout.write(f"{name}: {json.dumps(figures)}\n")
        sys.stdout.flush()


def _weights(folder: Path) -> tuple[Abacus, Tokenizer]:
    import torch

    from masdesign.training.export import load
    from masdesign.training.model import Abacus, Architecture

    torch.set_num_threads(1)  # a training run may go on beside this
    if (folder / "weights.npz").exists():
        return load(folder)[:2]
    tokenizer = Tokenizer.from_file(folder.parent / "vocab.json")
    model = Abacus(Architecture(len(tokenizer)))
    model.load_state_dict(torch.load(folder / "checkpoint.pt", weights_only=False)["model"])
    return model, tokenizer


if __name__ == "__main__":
    main()
