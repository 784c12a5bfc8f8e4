"""masdesign run: a design's answer to a question, or to each question of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import archive_option, cache_path, emit, json_option, model_options, model_table
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.lm import Spend
    from masdesign.types import Item
    from masdesign.workflow import Design, ItemOutcome

_NOTHING = {"calls": 0, "tokens": 0, "usd": 0.0, "seconds": 0.0, "paid_calls": 0, "paid_usd": 0.0}


@dataclass
class _Answers:
    """What has been answered so far; an interrupted run keeps it."""

    rows: list[tuple[Item, ItemOutcome]] = field(default_factory=list)
    spend: Spend | dict[str, Any] = field(default_factory=lambda: dict(_NOTHING))


@click.command()
@click.argument("design")
@click.option("--question", metavar="TEXT", help="The question; options may follow a line `Options:`.")
@click.option(
    "--context", multiple=True, metavar="TEXT", help="A passage that belongs to the question; several times."
)
@click.option(
    "--input", "file", metavar="FILE", help="A .jsonl with question, and context and choices if any."
)
@click.option("--task", metavar="TASK", help="Of which task `best` is meant; else the latest run's winner.")
@click.option("--tools", metavar="LIST", default="", help="Tools that the design may use: python.")
@click.option("--trace", is_flag=True, help="Show the tree of calls.")
@click.option("--allow-no-calls", is_flag=True, help="Let a design answer without asking a model.")
@archive_option
@model_options
@json_option
def command(
    design: str,
    question: str | None,
    context: tuple[str, ...],
    file: str | None,
    trace: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Answer with DESIGN: a design file, `best`, an id, a name, or a block.

    A single question without an answer ends with exit code 1 (with --json: 0, and `failure` says why).

    \b
    masdesign run chain_of_thought --question "((1 + 2 * 4) - (3 * -2)) =" --trace
    masdesign run best --input questions.jsonl --json
    """
    from masdesign.aio import run_sync
    from masdesign.cli._design import resolve_design

    items = _items(question, context, file)
    table = model_table(options.pop("models"))
    found = resolve_design(design, archive=options["archive"], task=options.pop("task"), model=table[""])
    answers = run_sync(_answer, found, items, table, **options)
    if as_json:
        emit(_document(found, answers, trace, single=file is None))
        return
    for item, outcome in answers.rows:
        _print(item, outcome, trace, numbered=file is not None)
    if file is None and answers.rows[0][1].failure is not None:
        click.get_current_context().exit(1)


async def _answer(
    design: Design,
    items: list[Item],
    models: dict[str, str],
    *,
    archive: str,
    tools: str,
    allow_no_calls: bool,
    concurrency: int,
    seed: int,
    price: str | None,
    base_url: str | None,
) -> _Answers:
    from masdesign.evaluation.items import run_items
    from masdesign.evaluation.session import open_runtime
    from masdesign.lm import Budget, Ledger
    from masdesign.workflow import check

    ledger, answers = Ledger(Budget.parse(None)), _Answers()
    async with open_runtime(
        models,
        tools=[tool.strip() for tool in tools.split(",") if tool.strip()],
        cache=cache_path(archive),
        concurrency=concurrency,
        world=seed,
        price=price,
        base_url=base_url,
        ledger=ledger,
        allow_no_calls=allow_no_calls,
    ) as runtime:
        check(design.source, runtime.blocks, models=tuple(runtime.models))  # one line, before any call
        await run_items(design, items, runtime, lambda *row: answers.rows.append(row), ledger=ledger)
    answers.spend = ledger.spend
    return answers


def _items(question: str | None, context: tuple[str, ...], file: str | None) -> list[Item]:
    """The questions as items, whose target nobody knows."""
    from masdesign.tasks.files import read_records
    from masdesign.tasks.formats import Record, items_of

    if (question is None) == (file is None):
        raise InputError('give one of --question "…" and --input FILE.jsonl')
    if file is not None:
        records = read_records(Path(file))
    else:
        records = [Record("--question", {"question": question, "context": list(context)})]
    return items_of(Record(r.where, {**r.fields, "target": "unknown"}) for r in records)


def _document(design: Design, answers: _Answers, trace: bool, *, single: bool) -> dict[str, Any]:
    rows = [_row(item, outcome, trace) for item, outcome in answers.rows]
    facts = {"design": design.id, "name": design.name, "spend": answers.spend}
    if single:
        return {**rows[0], **facts}
    return {"answers": rows, **facts}


def _row(item: Item, outcome: ItemOutcome, trace: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": item.id,
        "question": item.question,
        "answer": outcome.answer.text if outcome.answer is not None else None,
        "reasoning": outcome.answer.reasoning if outcome.answer is not None else None,
        "failure": outcome.failure,
    }
    return row | ({"trace": outcome.trace.to_json()} if trace else {})


def _print(item: Item, outcome: ItemOutcome, trace: bool, *, numbered: bool) -> None:
    if outcome.failure is not None:
        where = f"line {outcome.failure.line}: " if outcome.failure.line else ""
        cure = f"; {outcome.failure.cure}" if outcome.failure.cure else ""
        name = f"{item.id}: " if numbered else ""
        click.echo(
            f"{name}no answer ({outcome.failure.kind}): {where}{outcome.failure.message}{cure}", err=True
        )
    elif outcome.answer is not None:
        click.echo(f"{item.id}\t{outcome.answer.text}" if numbered else outcome.answer.text)
    if trace:
        click.echo(outcome.trace.render(), err=numbered)
