"""masdesign run: a design's answer to a question, or to each question of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import archive_option, cache_path, emit, json_option, model_options, model_table
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.lm import Spend
    from masdesign.types import Item
    from masdesign.workflow import Design, ItemOutcome


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
    rows: list[tuple[Item, ItemOutcome]] = []

    def keep(item: Item, outcome: ItemOutcome) -> None:
        rows.append((item, outcome))
        if not as_json:  # at once: what was answered stands, whatever comes after it
            _print(item, outcome, trace, numbered=file is not None)

    spend = run_sync(_answer, found, items, table, keep, **options)
    if as_json:
        emit(_document(found, rows, spend, trace, single=file is None))
    elif file is None and rows[0][1].failure is not None:
        click.get_current_context().exit(1)


async def _answer(
    design: Design,
    items: list[Item],
    models: dict[str, str],
    keep: Callable[[Item, ItemOutcome], None],
    *,
    archive: str,
    tools: str,
    allow_no_calls: bool,
    concurrency: int,
    seed: int,
    price: dict[str, str],
    base_url: str | None,
) -> Spend:
    """Answer every question, in order, and hand the outcomes to ``keep``; what it took."""
    from masdesign.building_blocks import blocks
    from masdesign.evaluation.items import run_items
    from masdesign.evaluation.session import open_runtime
    from masdesign.lm import Budget, Ledger
    from masdesign.workflow import check

    check(design.source, blocks(), models=tuple(models))  # a wrong source is one line, before any model
    ledger = Ledger(Budget.parse(None))
    async with open_runtime(
        models,
        tools=tools_of(tools),
        cache=cache_path(archive),
        concurrency=concurrency,
        world=seed,
        price=price,
        base_url=base_url,
        ledger=ledger,
        allow_no_calls=allow_no_calls,
    ) as runtime:
        await run_items(design, items, runtime, keep, ledger=ledger)
    return ledger.spend


def tools_of(listed: str) -> frozenset[str]:
    """The tools of a comma-separated list; raises InputError for one that does not exist."""
    from masdesign.tasks.task import TOOLS

    tools = frozenset(tool.strip() for tool in listed.split(",") if tool.strip())
    if unknown := sorted(tools - TOOLS):
        raise InputError(f"--tools: unknown tool {unknown[0]!r}; there is {', '.join(sorted(TOOLS))}")
    return tools


def _items(question: str | None, context: tuple[str, ...], file: str | None) -> list[Item]:
    """The questions as items, whose target nobody knows."""
    from masdesign.tasks.files import read_records
    from masdesign.tasks.formats import Record, items_of

    if (question is None) == (file is None):
        raise InputError('give one of --question "…" and --input FILE.jsonl')
    if file is not None:
        records = read_records(Path(file))
    else:
        return [one_question(str(question), context)]
    return items_of(Record(r.where, {**r.fields, "target": "unknown"}) for r in records)


def one_question(question: str, context: tuple[str, ...], where: str = "--question") -> Item:
    """A question of the command line as an item, whose target nobody knows; options follow `Options:`."""
    from masdesign.tasks.formats import Record, items_of

    fields = {"question": question, "context": list(context), "target": "unknown"}
    return items_of([Record(where, fields)])[0]


def _document(
    design: Design, rows: list[tuple[Item, ItemOutcome]], spend: Spend, trace: bool, *, single: bool
) -> dict[str, Any]:
    answers = [_row(item, outcome, trace) for item, outcome in rows]
    facts = {"design": design.id, "name": design.name, "spend": spend}
    return {**answers[0], **facts} if single else {"answers": answers, **facts}


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
