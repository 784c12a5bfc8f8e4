"""Truth expressions: each part (A, B, …) of the topmost and/or, then ``all``.

Paths differ in which part comes first and in whether a part's inner brackets are written out.
"""

import random
import re
from collections.abc import Mapping
from typing import Any

from masdesign.tasks.families.boolean import join, value
from masdesign.training.solution import Part, Truth, Writer
from masdesign.types import Item

_LETTERS = "ABCDEFGHIJKLMNOP"
_INNERMOST = re.compile(r"\( [^()]* \)")


def solve(record: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Evaluate the parts by a random path."""
    parts, last_first, written_out = record["parts"], rng.random() < 0.5, rng.random() < 0.5
    letters = [""] * len(parts)
    order = range(len(parts))
    for i in reversed(order) if last_first else order:
        body = _reduced(parts[i]) if written_out else ""
        letters[i] = writer.step(_LETTERS[i], body, _letter(value(parts[i])))
    return _whole(letters, record["joins"], writer)


def _whole(letters: list[str], joins: list[str], writer: Writer) -> str:
    """The answer, once the parts are evaluated."""
    whole = letters[0]
    if len(letters) > 1:
        expression = join([_word(x) for x in letters], joins)
        whole = writer.step("all", join(letters, joins), _letter(value(expression)))
    return _word(whole)


def _reduced(part: str) -> str:
    """The part with its innermost brackets evaluated, in short form.

    >>> _reduced("not ( True and ( False or True ) )")
    'not ( T and T )'
    """
    text = _INNERMOST.sub(lambda match: _letter(value(match[0])), part)
    return text.replace("True", "T").replace("False", "F")


def _letter(truth_value: bool) -> str:
    return "T" if truth_value else "F"


def _word(letter: str) -> str:
    return "True" if letter == "T" else "False"


def truth(record: Mapping[str, Any]) -> Truth:
    """Values of the parts and of the whole."""
    values = {_LETTERS[i]: _letter(value(part)) for i, part in enumerate(record["parts"])}
    values["all"] = _letter(value(join(record["parts"], record["joins"])))
    return lambda label, _given: values.get(label)


def spoil(_rng: random.Random, given: str, _meta: Mapping[str, Any]) -> str:
    """The other value."""
    return "F" if given == "T" else "T"


def program(record: Mapping[str, Any], rng: random.Random) -> str:
    """The expression itself."""
    return join(record["parts"], record["joins"])


def parts(item: Item) -> list[Part]:
    """The operands of the topmost and/or."""
    return [
        Part(
            "boolean",
            Item("", f"{part} is", str(value(part)), record={"difficulty": 1, "parts": [part], "joins": []}),
        )
        for part in item.record["parts"]
    ]


def merge(record: Mapping[str, Any], answers: list[str], _rng: random.Random, writer: Writer) -> str:
    """Join what the operands came to."""
    return _whole([{"True": "T", "False": "F"}[answer] for answer in answers], record["joins"], writer)
