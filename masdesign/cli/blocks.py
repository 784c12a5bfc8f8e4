"""masdesign blocks: the steps that designs are made of; with a name, the whole card."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._block_scores import EMBEDDED, measure, show, weights_json
from masdesign.cli._job import job_options, resources
from masdesign.cli._models import chosen_models
from masdesign.cli._say import emit, say
from masdesign.cli._tables import from_where, print_indented
from masdesign.cli._task import load_task, task_arguments
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.workflow import Block


LEAST_FIRED = 0.5
"""Share of items from which on a block counts as one that fires."""


@click.command()
@click.argument("name", required=False)
@opt.option("--on=TASK,TASK", "Measure every block (or NAME) on the val items of tasks.")
@opt.option("--budget=B", "Of --on: 20000calls, 2Mtokens, 5usd; unlimited by default.")
@job_options
def command(name: str | None, on: str | None, budget: str | None, as_json: bool, **options: Any) -> None:
    """The steps that designs are made of, those promoted in the archive too; with NAME, the whole card.

    A block is untrained where abacus, the embedded model, was not trained on the prompts that it renders.

    \b
    masdesign blocks self_refine
    masdesign blocks --on arithmetic,ledger --items 50 --json
    """
    from masdesign.building_blocks import blocks

    registered = blocks() | _find_promoted(options["archive"])
    if name is not None and name not in registered:
        close = difflib.get_close_matches(name, registered, 3) or sorted(registered)
        raise InputError(f"no block {name!r}; there is: {', '.join(close)}")
    if on is not None:
        documents = _measure(name, on, budget, options)
        emit(documents) if as_json else show(documents)
    elif name is None:
        rows = [_row(block) for block in registered.values()]
        emit(rows) if as_json else _print_rows(rows)
    else:
        card = _card(registered[name])
        emit(card) if as_json else _print_card(card)


def _find_promoted(archive: str) -> dict[str, Block[..., Any]]:
    """The blocks that were promoted in the archive, where there is one."""
    from masdesign.session.resolve import opened_if_there

    with opened_if_there(archive) as store:
        promoted = {} if store is None else store.promoted()
        return {name: promotion.block() for name, promotion in promoted.items()}


def _measure(name: str | None, on: str, budget: str | None, options: dict[str, Any]) -> list[dict[str, Any]]:
    from masdesign.aio import run_sync
    from masdesign.session.resolve import single_blocks

    designs = single_blocks()
    if name is not None and name not in designs:
        raise InputError(f"block {name} needs more than a task; measure a design that uses it (evaluate)")
    chosen = {name: designs[name]} if name is not None else designs
    given = task_arguments(options)
    tasks = [load_task(task.strip(), given) for task in on.split(",")]
    models, seed = chosen_models(options), options.pop("seed")
    return run_sync(measure, chosen, tasks, models, seed, budget, **resources(options))


def _row(block: Block[..., Any]) -> dict[str, Any]:
    from masdesign.building_blocks import BLOCKS
    from masdesign.building_blocks.fingerprint import templates

    trained, happens = _list_trained_templates(), _fires()
    source = block.name if block.templates or block.reference else block.source  # a promoted block's own
    return {
        "name": block.name,
        "reference": block.reference,
        "cost": block.cost,
        "summary": block.summary,
        "trained": all(trained.get(name) == version for name, version in templates(source).items()),
        "fires": happens.get(block.name, {}),
        "origin": BLOCKS.origin(block.name) if block.name in BLOCKS.names() else "promoted",
    }


def _card(block: Block[..., Any]) -> dict[str, Any]:
    from masdesign.building_blocks._prompt import own_templates, template_source

    own = own_templates(block)
    return {
        **_row(block),
        "version": block.version,
        "stub": block.stub(),
        "doc": block.doc,
        "templates": {name: template_source(name, own) for name in block.templates},
    }


def _list_trained_templates() -> dict[str, int]:
    """Versions of the templates that the embedded models were trained on; none without weights."""
    manifests = [weights_json("manifest.json", version) or {} for version in EMBEDDED]
    entries = [entry for manifest in manifests for entry in manifest.get("templates", {}).items()]
    return {name: entry["version"] for name, entry in entries}


def _fires() -> dict[str, dict[str, float]]:
    """By block: the tasks on which its essential step happened in half of the items or more, by model."""
    fires: dict[str, dict[str, float]] = {}
    for document in [d for version in EMBEDDED for d in weights_json("blocks.json", version) or ()]:
        for row in document["blocks"]:
            if row.get("fired", 0.0) >= LEAST_FIRED:
                fires.setdefault(row["name"], {})[f"{document['model']} {document['task']}"] = row["fired"]
    return fires


def _print_rows(rows: list[dict[str, Any]]) -> None:
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        note = "" if row["trained"] else " (untrained)"
        about = f"{row['summary']} {row['reference']}".rstrip()
        say(f"{row['name']:<{width}}  {row['cost']:<7}  {about}{note}{from_where(row)}")


def _print_card(card: dict[str, Any]) -> None:
    training = "trained" if card["trained"] else "untrained: abacus does not know its template"
    about = ", ".join(part for part in (card["cost"], card["reference"], training) if part)
    say(f"{click.style(card['name'], bold=True)}  {about}{from_where(card)}\n")
    say(card["stub"] + "\n")
    if card["fires"]:
        shown = ", ".join(f"{where} {share:.2f}" for where, share in card["fires"].items())
        say(f"fires (its essential step happens): {shown}\n")
    print_indented(card["doc"])
    for name, text in card["templates"].items():
        say("\n" + click.style(f"{name}.j2", bold=True))
        print_indented(text.rstrip())
