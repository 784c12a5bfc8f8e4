"""masdesign blocks: the steps that designs are made of; with a name, the whole card."""

from __future__ import annotations

import difflib
import json
import textwrap
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import emit, json_option
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.workflow import Block


@click.command()
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """The steps that designs are made of; with NAME, the whole card.

    A block is untrained where abacus, the embedded model, was not trained on the prompts that it renders.
    """
    from masdesign.building_blocks import blocks

    known = blocks()
    if name is None:
        rows = [_row(block) for block in known.values()]
        emit(rows) if as_json else _print_rows(rows)
        return
    if name not in known:
        close = difflib.get_close_matches(name, known, 3) or sorted(known)
        raise InputError(f"no block {name!r}; there is: {', '.join(close)}")
    card = _card(known[name])
    emit(card) if as_json else _print_card(card)


def _row(block: Block[..., Any]) -> dict[str, Any]:
    from masdesign.building_blocks.fingerprint import templates

    trained = _trained_templates()
    return {
        "name": block.name,
        "reference": block.reference,
        "cost": block.cost,
        "summary": block.summary,
        "trained": all(trained.get(name) == version for name, version in templates(block.name).items()),
    }


def _card(block: Block[..., Any]) -> dict[str, Any]:
    from masdesign.building_blocks._prompt import template_source

    return {
        **_row(block),
        "version": block.version,
        "stub": block.stub(),
        "doc": block.doc,
        "templates": {name: template_source(name) for name in block.templates},
    }


def _trained_templates() -> dict[str, int]:
    """Versions of the templates that abacus was trained on, from its manifest; none without weights."""
    from importlib.resources import files

    try:
        text = (files("masdesign.lm.abacus") / "weights" / "manifest.json").read_text(encoding="utf-8")
    except (FileNotFoundError, ModuleNotFoundError):
        return {}
    return {name: entry["version"] for name, entry in json.loads(text)["templates"].items()}


def _print_rows(rows: list[dict[str, Any]]) -> None:
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        note = "" if row["trained"] else " (untrained)"
        click.echo(f"{row['name']:<{width}}  {row['cost']:<7}  {row['summary']} {row['reference']}{note}")


def _print_card(card: dict[str, Any]) -> None:
    known = "trained" if card["trained"] else "untrained: abacus does not know its template"
    click.echo(f"{click.style(card['name'], bold=True)}  {card['cost']}, {card['reference']}, {known}\n")
    click.echo(card["stub"] + "\n")
    click.echo(textwrap.indent(card["doc"], "    ", lambda line: bool(line.strip())))
    for name, text in card["templates"].items():
        click.echo("\n" + click.style(f"{name}.j2", bold=True))
        click.echo(textwrap.indent(text.rstrip(), "    "))
