"""masdesign tools: what designs may use: tools, environments; with a name, the whole card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import emit, say
from masdesign.cli._tables import from_where, print_columns, print_indented
from masdesign.errors import InputError
from masdesign.registry import SHIPPED

if TYPE_CHECKING:
    from masdesign.protocols import Environment

BUILT_IN = {
    "calculator": "Blocks that calculate have an arithmetic expression evaluated.",
    "python": "Blocks that write programs have them run in the sandbox.",
    "retrieval": "Blocks that look something up rank the passages of the question.",
}


@click.command()
@click.argument("name", required=False, metavar="[NAME|FILE.py:function]")
@opt.several("--mcp=NAME=COMMAND|URL", "Also the tools of an MCP server.")
@opt.several("--corpus=FILE", "Also search and read over documents.")
@opt.json_option
def command(name: str | None, mcp: tuple[str, ...], corpus: tuple[str, ...], as_json: bool) -> None:
    """What designs may use; with NAME, its tools with their arguments.

    Tools are your own code, or servers that you start, and run with your rights. A tool whose effect is
    `world` changes something outside: it is refused where designs are searched or compared.
    """
    if name is None and not mcp and not corpus:
        rows = _rows()
        emit(rows) if as_json else _print_rows(rows)
        return
    cards = _cards(name, mcp, corpus)
    emit(cards) if as_json else _print_cards(cards)


def _rows() -> list[dict[str, Any]]:
    from masdesign.environments import ENVIRONMENTS, TOOLS
    from masdesign.environments.schema import tool_from

    rows = [(name, "built-in", text, SHIPPED) for name, text in BUILT_IN.items()]
    for name, function in TOOLS.all().items():
        summary = tool_from(function).description.partition("\n")[0]
        rows.append((name, "function", summary, TOOLS.origin(name)))
    for name, environment in ENVIRONMENTS.all().items():
        rows.append((name, "environment", _actions(environment), ENVIRONMENTS.origin(name)))
    return [dict(zip(("name", "kind", "summary", "origin"), row, strict=True)) for row in rows]


def _actions(environment: Environment) -> str:
    """What an agent can do there, or why that cannot be said."""
    try:
        return ", ".join(tool.name for tool in environment.tools)
    except InputError as error:
        return str(error)


def _cards(name: str | None, mcp: tuple[str, ...], corpus: tuple[str, ...]) -> list[dict[str, Any]]:
    from masdesign.environments import parse_tools

    given = parse_tools(name or "", mcp=mcp, corpus=corpus)
    cards = [{"name": n, "effect": "pure", "description": BUILT_IN[n]} for n in sorted(given.built_in)]
    for tool in given.environment.tools if given.environment else ():
        described = {"name": tool.name, "effect": tool.effect, "description": tool.description}
        described |= {"usd_per_call": tool.price} if tool.price else {}
        cards.append({**described, "schema": dict(tool.schema)})
    return cards


def _print_rows(rows: list[dict[str, Any]]) -> None:
    print_columns([(row["name"], row["kind"], row["summary"] + from_where(row)) for row in rows])


def _print_cards(cards: list[dict[str, Any]]) -> None:
    for card in cards:
        price = f"  {card['usd_per_call']:g} USD a call" if "usd_per_call" in card else ""
        say(f"{click.style(card['name'], bold=True)}  {card['effect']}{price}")
        print_indented(card["description"])
        if properties := card.get("schema", {}).get("properties"):
            needed = card["schema"].get("required", ())
            for argument, schema in properties.items():
                optional = "" if argument in needed else " (optional)"
                say(f"    {argument}{optional}: {json.dumps(schema, ensure_ascii=False)}")
