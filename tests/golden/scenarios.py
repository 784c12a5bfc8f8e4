"""All that the golden tests ask of masdesign, in one place: where names move, this module alone follows.

Every function gives plain JSON values, or bytes, that must stay equal.
"""

from __future__ import annotations

import ast
from contextlib import suppress
from random import Random
from typing import Any

from golden.sources import BY_HAND

from masdesign.building_blocks import blocks
from masdesign.building_blocks.fingerprint import fingerprint, templates, versions
from masdesign.records.keys import cache_key
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.generate import Grammar
from masdesign.types import Message, Request
from masdesign.workflow import Design

# cache keys ------------------------------------------------------------------------------------------

_TEXTS = (
    "2 + 2 =",
    "",
    "Two\nlines, a tab\tand \"quotes\" \\ 'apostrophes'",
    "Größe, 数学, \U0001f9ee, e\u0301, \u2028",
    "a lone surrogate \ud800 and a null \x00",
    "long " * 400,
    "{question} {{ braces }} <b>&amp;</b>",
)
_MODELS = ("", "abacus-2@c54d9446", "openai/gpt-4o-mini", "modèle@1")
_TEMPERATURES = (0.0, -0.0, 0, 1, 0.8, 0.5, 1.0, 0.1 + 0.2, 1e-7)
_STOPS = ((), ("\n",), ("Answer:", "\n\n"), ("ß", ""))


def requests() -> list[dict[str, Any]]:
    """Two hundred requests as JSON, each kind of field at several values."""
    rows = []
    for number in range(200):
        turns = 1 + number % 3
        messages = [
            [("user", "assistant", "user")[(turn + 3 - turns) % 3], _TEXTS[(number + turn * 3) % 7]]
            for turn in range(turns)
        ]
        if number % 5 == 0:
            messages.insert(0, ["system", f"You are solver {number // 5}."])
        rows.append(
            {
                "messages": messages,
                "model": _MODELS[number // 2 % 4],
                "temperature": _TEMPERATURES[number % 9],
                "max_tokens": (512, 1, 64, 100_000)[number // 3 % 4],
                "stop": list(_STOPS[number // 7 % 4]),
                "sample": number // 11 % 5,
                "world": number // 13 % 3,
            }
        )
    return rows


def keys() -> list[dict[str, Any]]:
    """The cache key of each of `requests`; of a long message its beginning."""
    return [{"key": cache_key(_request(row)), **_shown(row)} for row in requests()]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "messages": [[role, content[:60]] for role, content in row["messages"]]}


def _request(row: dict[str, Any]) -> Request:
    messages = tuple(Message(role, content) for role, content in row["messages"])
    return Request(**{**row, "messages": messages, "stop": tuple(row["stop"])})


# versions --------------------------------------------------------------------------------------------


def block_versions() -> dict[str, Any]:
    """What each block rests on: versions of code and templates, declared versions, fingerprint."""
    return {name: _rests_on(f"async def workflow(task):\n    return await {name}(task)") for name in blocks()}


def source_versions() -> list[Any]:
    """The same of the designs written by hand that parse, helpers and the dialect of ADAS among them."""
    return [_rests_on(source) for source in BY_HAND if _parses(source)]


def _parses(source: str) -> bool:
    with suppress(SyntaxError):
        return bool(ast.parse(source))
    return False


def _rests_on(source: str) -> dict[str, Any]:
    return {
        "versions": versions(source),
        "templates": templates(source),
        "fingerprint": fingerprint(source),
    }


# designs ---------------------------------------------------------------------------------------------


def design_ids() -> list[dict[str, str]]:
    """Forty designs, each with its id: grown from seeds, then written by hand."""
    grammars = (Grammar(max_calls=12, python=True), Grammar(models=("large",)))
    grown = [emit(grammars[seed % 5 == 0].grow(Random(seed))) for seed in range(25)]
    return [{"id": Design(source).id, "source": source} for source in (*grown, *BY_HAND)]


NAMES = {
    "keys": keys,
    "block_versions": block_versions,
    "source_versions": source_versions,
    "design_ids": design_ids,
}
"""By the file of ``expected`` that holds it."""
