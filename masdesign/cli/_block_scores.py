"""``masdesign blocks --on TASKS``: every block measured on tasks, as one document and as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import masdesign as md
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.cli._watch import items_progress

if TYPE_CHECKING:
    from masdesign.experiments.block_scores import BlockScore
    from masdesign.experiments.curve import Curve


EMBEDDED = ("2", "3")
"""The versions of abacus in the package; ``abacus:VERSION`` names each."""


def weights_json(name: str, version: str = "") -> Any:
    """A JSON file beside the weights of ``abacus:VERSION``; ``None`` where there are none."""
    from masdesign.lm.abacus.provider import folder_of

    try:
        return json.loads((folder_of(version) / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


async def measure(
    designs: Mapping[str, md.Design],
    tasks: Sequence[md.Task],
    models: Any,
    seed: int,
    budget: str | None,
    **given: Any,
) -> list[dict[str, Any]]:
    """One document a task; each evaluation is kept as soon as it is there."""
    from masdesign.experiments.block_scores import block_scores
    from masdesign.spending.budget import Budget
    from masdesign.spending.ledger import Ledger

    ledger, documents = Ledger(Budget.parse(budget)), []
    async with md.Session.open(**given) as session:
        for design in designs.values():
            session.archive.add_design(design)
        for task in tasks:
            spec = md.RunSpec("blocks", task, models, seed, seed, conduct=md.Conduct(budget))
            async with session.run(spec, ledger=ledger) as run:
                with items_progress(f"blocks on {task.name}", len(designs) * len(task.val)) as advance:
                    curve, scores = await block_scores(
                        designs, task, run.runtime,
                        seed=seed, ledger=ledger, on_result=advance, keep=session.archive.add_evaluation,
                    )  # fmt: skip
            documents.append(_document(task, curve, scores))
    return documents


def _document(task: md.Task, curve: Curve, scores: Sequence[BlockScore]) -> dict[str, Any]:
    return {
        "task": task.name,
        "task_version": task.version,
        "model": curve.points[0].evaluation.model,
        "items": len(task.val),
        "chance": task.chance,
        "baselines": [point.to_json() for point in curve.points],
        "blocks": [_row(score) for score in scores],
    }


def _row(score: BlockScore) -> dict[str, Any]:
    evaluation, refusal = score.evaluation, score.refusal
    return {
        "name": score.name,
        **evaluation.summary(),
        "tokens_per_item": evaluation.tokens_per_item,
        "calls_per_item": evaluation.calls_per_item,
        "advantage": None if score.advantage is None else asdict(score.advantage),
        "failures": evaluation.failures,
        "refused": None if refusal is None else refusal.message,
        "same_as": score.same_as,
        "fired": round(score.fired, 3),
    }


def show(documents: Sequence[Mapping[str, Any]]) -> None:
    """Blocks by tasks: score, tokens an item, and what it earns over the curve at these tokens."""
    say(
        "score, tokens an item, advantage over self-consistency matched on tokens, in points;\n"
        "fired: share of the items in which the block's essential step happened\n"
        "(* its 95 % interval excludes 0; + more tokens than the longest vote; – a tool is missing)"
    )
    columns = (f"{document['task']}\n{document['items']} items" for document in documents)
    table = new_table("block", *columns)
    by_name = [{row["name"]: row for row in document["blocks"]} for document in documents]
    for name in dict.fromkeys(name for rows in by_name for name in rows):
        table.add_row(name, *(_cell(rows[name]) if name in rows else "" for rows in by_name))
    print_table(table, width=34 + 31 * len(documents))
    for names in alike(documents):
        say(f"the very same calls on all of these items: {', '.join(names)}")


def alike(documents: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Blocks whose traces coincide on all tasks, together; those that stand alone are left out."""
    groups: dict[str, set[str]] = {}
    for document in documents:
        for row in document["blocks"]:
            same = {row["name"], *row["same_as"]}
            groups[row["name"]] = groups.get(row["name"], same) & same
    return sorted({tuple(sorted(names)) for names in groups.values() if len(names) > 1})


def _cell(row: Mapping[str, Any]) -> str:
    """``.71 812 +3* fired .90``."""
    if row["refused"] is not None:
        return "–"
    earned = row["advantage"]
    sure = "*" if earned["low"] > 0 or earned["high"] < 0 else ""
    beyond = "+" if earned["beyond_curve"] else ""
    cost = f"{row['tokens_per_item']:.0f}{beyond}"
    happened = f" fired {row['fired']:.2f}" if "fired" in row else ""  # older tables do not say
    return f"{row['score']:.2f} {cost} {100 * earned['score']:+.0f}{sure}{happened}"
