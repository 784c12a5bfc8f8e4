"""masdesign archive: what has been discovered: list, show, best, frontier, lineage, search, ablate."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._ablate import command as _ablate
from masdesign.cli._opened import opened_again
from masdesign.cli._options import archive_option, emit, json_option
from masdesign.cli._tables import print_table
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.archive import Archive

_WIDTH = 160
"""Columns of a table that goes into a file or a pipe."""
_KINDS = ("ancestors", "descendants")


@click.group()
def command() -> None:
    """What has been discovered."""


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    task = click.option("--task", metavar="TASK", help="Only this task (a name, or a file's path).")
    model = click.option("--model", metavar="NAME", help="Only this model, with or without its revision.")
    return task(model(function))


def _open(place: str) -> Archive:
    from masdesign.archive import Archive

    return Archive(place)


def _meant(store: Archive, ref: str, task: str | None = None, model: str | None = None) -> str:
    """The id of the design that is `best`, or that a promoted block is; else what was given."""
    from masdesign.cli._design import resolve_design

    block = store.promoted().get(ref)
    if ref == "best" or block is not None:
        return block.version if block else resolve_design(ref, archive=store, task=task, model=model).id
    return ref


@command.command("list")
@_filters
@archive_option
@json_option
def list_(task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """Every design with its scores, oldest first."""
    from masdesign.archive.rows import rows

    with _open(archive) as store:
        found = rows(store, store.all_stored(), task=task, model=model)
    emit(found) if as_json else _print_rows(found)


@command.command()
@click.argument("words", nargs=-1, required=True, metavar="TEXT…")
@archive_option
@json_option
def search(words: tuple[str, ...], archive: str, as_json: bool) -> None:
    """Designs with every word in their name, thought, origin or code."""
    from masdesign.archive.rows import rows

    with _open(archive) as store:
        found = rows(store, store.search(" ".join(words)))
    emit(found) if as_json else _print_rows(found)


@command.command()
@click.argument("design")
@click.option("--items", is_flag=True, help="With --json: every evaluation's items.")
@_filters
@archive_option
@json_option
def show(design: str, items: bool, task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """A design's code, lineage, evidence, and what became of it.

    DESIGN is an id, a prefix of one, a name, a promoted block, or best.
    """
    from masdesign.archive.rows import full

    with _open(archive) as store:
        found = full(store, store.stored(_meant(store, design, task, model)), items=items)
        shown = [r["design_id"] for kind in _KINDS for r in found["lineage"][kind]]
        shown += [told["id"] for kind in ("distillates", "distilled_from") for told in found[kind]]
        names = _names(store, shown)
    emit(found) if as_json else _print_design(found, names)


@command.command()
@click.option("-n", "count", type=click.IntRange(1), default=1, show_default=True, help="How many.")
@_filters
@archive_option
@json_option
def best(count: int, task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """The best design of --task and --model (default: those of the latest run), by shrunk val score.

    With --json an object; with -n above 1, their list.
    """
    from masdesign.archive.rows import ranked_rows

    with _open(archive) as store:
        task, model = _task_of(store, task, model)
        ranking = store.ranking(task, model)
        if not ranking:
            store.best(task, model)  # says what to do
        found = ranked_rows(store, ranking[:count], task, model)
        sources = [store.design(row["id"]).source for row in found]
    if as_json:
        documents = [{**row, "source": source} for row, source in zip(found, sources, strict=True)]
        emit(documents if count > 1 else documents[0])
    else:
        _print_rows(found)
        if count == 1:
            click.echo(f"\n{sources[0].rstrip()}")


@command.command()
@_filters
@archive_option
@json_option
def frontier(task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """Designs that no other beats in both score and tokens, cheapest first."""
    from masdesign.archive.rows import ranked_rows

    with _open(archive) as store:
        task, model = _task_of(store, task, model)
        found = ranked_rows(store, store.frontier(task, model), task, model)
    emit(found) if as_json else _print_rows(found)


@command.command()
@click.argument("design")
@archive_option
@json_option
def lineage(design: str, archive: str, as_json: bool) -> None:
    """A design's ancestors and descendants."""
    with _open(archive) as store:
        family = store.lineage(_meant(store, design))
        names = _names(store, [family.design_id, *(r.design_id for k in _KINDS for r in getattr(family, k))])
    relatives = {
        kind: [
            {"id": r.design_id, "name": names.get(r.design_id), "generations": r.generations}
            for r in getattr(family, kind)
        ]
        for kind in _KINDS
    }
    if as_json:
        emit({"id": family.design_id, "name": names[family.design_id], **relatives})
        return
    for relative in reversed(relatives["ancestors"]):
        click.echo(f"{-relative['generations']:>+3}  {_named(relative['id'], names)}")
    click.echo(f"  0  {_named(family.design_id, names)}")
    for relative in relatives["descendants"]:
        click.echo(f"{relative['generations']:>+3}  {_named(relative['id'], names)}")


@command.command()
@click.argument("old")
@click.argument("new")
@archive_option
@json_option
def diff(old: str, new: str, archive: str, as_json: bool) -> None:
    """How the code of two designs differs."""
    with _open(archive) as store:
        left, right = (store.design(_meant(store, ref)) for ref in (old, new))
    lines = list(
        difflib.unified_diff(
            left.source.splitlines(),
            right.source.splitlines(),
            f"{left.id} {left.name}".strip(),
            f"{right.id} {right.name}".strip(),
            lineterm="",
        )
    )
    if as_json:
        emit({"old": left.id, "new": right.id, "diff": lines})
    else:
        click.echo("\n".join(lines) if lines else "no difference in the code")


@command.command()
@archive_option
@json_option
def stats(archive: str, as_json: bool) -> None:
    """What the archive holds, in numbers."""
    with _open(archive) as store:
        found = store.stats()
    if as_json:
        emit(found)
        return
    for name, value in found.items():
        if isinstance(value, int):
            click.echo(f"{name:<12} {value:>8}")
    for kind, number in found["by_kind"].items():
        click.echo(f"failures of kind {kind}: {number}")
    for row in found["tasks"]:
        top = "-" if row["best_val"] is None else f"{row['best_val']:.3f}"
        click.echo(
            f"{row['task']} ({row['task_version']}), {row['model']}: {row['designs']} designs, "
            f"{row['complete']} evaluated in full, best val {top}"
        )


@command.command()
@click.argument("file", default="-")
@click.option("--canonical", is_flag=True, help="Sorted, without times, hosts and paid figures.")
@archive_option
@json_option
def export(file: str, canonical: bool, archive: str, as_json: bool) -> None:
    """Write everything as JSONL to FILE (default: standard output)."""
    if as_json and file == "-":
        raise InputError("archive export --json reports on a file; name one")
    with _open(archive) as store:
        out = sys.stdout.buffer if file == "-" else file
        lines = store.export(out, canonical=canonical)
    if as_json:
        emit({"file": file, "lines": lines})
    elif file != "-":
        click.echo(f"{lines} lines written to {file}", err=True)


@command.command("import")
@click.argument("file")
@archive_option
@json_option
def import_(file: str, archive: str, as_json: bool) -> None:
    """Take in a JSONL export, or what another system found. Its scores never make a design best.

    \b
    ADAS      .json, a list of agents with thought, name, code, fitness, generation
    MAS-Zero  the same, or one of its blocks (.py), or their folder
    AFlow     a round's folder (graph.py and prompt.py), or the folder of all rounds
    EvoAgentX .json, a workflow graph
    """
    with _open(archive) as store:
        found = store.import_(file)
    if as_json:
        emit(found.to_json())
        return
    click.echo(f"{found.added} added, {found.known} known, {len(found.skipped)} skipped")
    for skipped in found.skipped[:20]:
        click.echo(f"skipped {skipped['name']}: {skipped['reason']}", err=True)
    if len(found.skipped) > 20:
        click.echo(f"and {len(found.skipped) - 20} more; --json lists them", err=True)


@command.command()
@click.argument("design")
@click.option("--as", "name", required=True, metavar="NAME", help="The block's name, as careful_vote.")
@archive_option
@json_option
def promote(design: str, name: str, archive: str, as_json: bool) -> None:
    """Make DESIGN a block, NAME: a step of later searches with this archive.

    The block is the design as it stands, its version the design's id. A design that calls it holds its
    definition, so that it stays the same when the name is given to another; its lineage shows the block.
    """
    with _open(archive) as store:
        found = store.promote(_meant(store, design), name)
    if as_json:
        card = found.block()
        emit(
            {
                "name": found.name,
                "version": found.version,
                "calls": found.calls,
                "stub": card.stub(),
                "doc": found.doc,
            }
        )
        return
    calls = f"{found.calls} call{'' if found.calls == 1 else 's'}"
    click.echo(f"{found.name} is a block now: version {found.version}, at most {calls}")
    click.echo(f"{found.doc}\n\nasync def workflow(task):\n    return await {found.name}(task)")


def _claimed(value: Any) -> str:
    """What others say, with what is wrong with it."""
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return f"{value['text']}" + (f" (broken: {value['broken']})" if "broken" in value else "")
    return json.dumps(value, ensure_ascii=False)[:500]


def _task_of(store: Archive, task: str | None, model: str | None) -> tuple[str, str | None]:
    """The task and model that are meant: the given ones, else those of the latest run or evaluation."""
    if task is not None:
        return task, model
    finished = [run for run in store.runs() if run.finished is not None and not run.foreign]
    if finished and model is None:
        latest = max(finished, key=lambda run: run.finished or 0.0)
        return latest.task, latest.model
    evaluated = store.summaries(split="val", model=model, complete=True, foreign=False)
    if not evaluated:
        raise InputError("nothing was evaluated in full here yet; run masdesign search TASK")
    return evaluated[-1].task, model


def _names(store: Archive, ids: list[str]) -> dict[str, str]:
    """The names of those designs that are in the archive, by id."""
    return {stored.design.id: stored.design.name for stored in store.all_stored(ids)}


def _named(design_id: str, names: dict[str, str]) -> str:
    return f"{design_id}  {names[design_id]}" if design_id in names else f"{design_id}  (not in this archive)"


def _print_rows(found: list[dict[str, Any]]) -> None:
    from rich.table import Table

    if not found:
        click.echo("nothing here yet; masdesign search TASK fills the archive", err=True)
        return
    shrunk = "val_shrunk" in found[0]
    heads = (
        "id",
        "name",
        "origin",
        "task",
        "model",
        "val",
        *(("shrunk",) if shrunk else ()),
        "test",
        "tokens",
    )
    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in found:
        note = (
            " (imported)" if row["foreign"] else "" if row["complete"] or row["val"] is None else " (partial)"
        )
        cells = [row["id"], row["name"], row["origin"], row["task"] or "-", row["model"] or "-"]
        cells += [
            _score(row["val"]) + note,
            *([f"{row['val_shrunk']:.3f}"] if shrunk else []),
            _score(row["test"]) + opened_again(row["test_openings"] or 0),
        ]
        cells.append("-" if row["tokens_per_item"] is None else f"{row['tokens_per_item']:.0f}")
        table.add_row(*cells)
    print_table(table, width=_WIDTH)


def _score(score: dict[str, Any] | None) -> str:
    return (
        "-"
        if score is None
        else f"{score['score']:.3f} ({score['low']:.2f}-{score['high']:.2f}, {score['items']})"
    )


def _print_design(found: dict[str, Any], names: dict[str, str]) -> None:
    click.echo(
        f"{found['id']}  {found['name'] or 'no name'}  "
        f"from {found['origin'] or 'unknown'}, {found['created']}"
    )
    if found["thought"]:
        click.echo(found["thought"])
    click.echo(f"\n{found['source'].rstrip()}\n")
    for kind in _KINDS:
        for relative in found["lineage"][kind]:
            click.echo(f"{kind[:-1]} {relative['generations']:+d}  {_named(relative['design_id'], names)}")
    for name in found["promoted_as"]:
        click.echo(f"a block of this archive: {name}")
    for kind, title in (("distillates", "distilled into"), ("distilled_from", "distilled from")):
        for told in found[kind]:
            model = f", answered by {told['student_model']}" if told["student_model"] else ""
            click.echo(f"{title} {_named(told['id'], names)}: {told['method']} on {told['task']}{model}")
            click.echo(f"    {told['verdict']}{' (imported)' if told['foreign'] else ''}; run {told['run']}")
    for title, evaluations in (("made here", found["results"]), ("imported", found["evidence"])):
        for e in evaluations:
            click.echo(
                f"{title}: {e['task']} {e['split']}, {e['model']}, world {e['world']}: "
                f"{_score(e) if 'score' in e else 'no item scored'}{'' if e['complete'] else ' partial'}"
                f"{opened_again(e.get('openings', 0))}, "
                f"{e['tokens_per_item']:.0f} tokens, {e['calls_per_item']:.1f} calls, "
                f"{e['usd_per_item']:.6f} USD an item"
            )
    for opening in found["openings"]:
        click.echo(
            f"look at test{' elsewhere' if opening['foreign'] else ''}, {opening['created']}: "
            f"{opening['designs']} design{'s' * (opening['designs'] > 1)} on {opening['items']} items"
            f"{', run ' + opening['run'] if opening['run'] else ''}"
        )
    for said in found["claims"]:
        for key, value in said["claim"].items():
            click.echo(f"claimed ({said['origin']}): {key} {_claimed(value)}")
    for failure in found["failures"]:
        where = f"line {failure['line']}: " if failure["line"] else ""
        click.echo(f"failed ({failure['kind']}): {where}{failure['message']}")
    if not found["results"] and not found["evidence"]:
        click.echo("not evaluated yet")


command.add_command(_ablate, "ablate")
