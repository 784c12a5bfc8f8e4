"""masdesign strategies: how a search decides what to try next; with a name, the whole card."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import emit, say
from masdesign.cli._tables import from_where, print_columns, print_indented

if TYPE_CHECKING:
    from masdesign.search import Strategy


@click.command()
@click.argument("name", required=False)
@opt.json_option
def command(name: str | None, as_json: bool) -> None:
    """How a search decides what to try next; with NAME, the whole card."""
    from masdesign.search.strategies import STRATEGIES

    if name is None:
        rows = [_row(kind) for kind in STRATEGIES.all().values()]
        emit(rows) if as_json else _print_rows(rows)
    else:
        card = {**_row(kind := STRATEGIES.get(name)), "doc": inspect.getdoc(kind) or ""}
        emit(card) if as_json else _print_card(card)


def _row(kind: type[Strategy]) -> dict[str, Any]:
    from masdesign.registry import SHIPPED
    from masdesign.search.strategies import DEFAULT_STRATEGY, STRATEGIES

    doc = inspect.getdoc(kind) or ""
    return {
        "name": kind.name,
        "reference": kind.reference,
        "needs_meta_model": kind.needs_meta_model,
        "default": kind.name == DEFAULT_STRATEGY,
        "summary": doc.splitlines()[0] if doc else "",
        "origin": STRATEGIES.origin(kind.name) if kind.name in STRATEGIES.names() else SHIPPED,
    }


def _needs(row: dict[str, Any]) -> str:
    default = " (the default)" if row["default"] else ""
    return " (needs --meta-model)" if row["needs_meta_model"] else default


def _print_rows(rows: list[dict[str, Any]]) -> None:
    about = (f"{row['summary']} {row['reference']}{_needs(row)}{from_where(row)}" for row in rows)
    print_columns([(row["name"], text) for row, text in zip(rows, about, strict=True)])


def _print_card(card: dict[str, Any]) -> None:
    say(f"{click.style(card['name'], bold=True)}  {card['reference']}{_needs(card)}{from_where(card)}\n")
    print_indented(card["doc"])
