"""The form ``json``: a JSON value, compared by value."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from masdesign.tasks.forms.text import stated_block, tag_content
from masdesign.tasks.replies import fenced_blocks, spoken_text

_DEEPEST = 200


class Json:
    """A JSON value. The order of an object's keys and the way a number is written do not count.

    >>> Json().read('Here:\\n```json\\n{"a": [1, 2.0]}\\n```', ())
    '{"a": [1, 2.0]}'
    >>> Json().equal('{"a": 1, "b": 2}', '{"b": 2.0, "a": 1}')
    True
    """

    name = "json"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Then give the answer as JSON in one fenced block, and nothing after it."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        text = spoken_text(reply)
        tagged = tag_content(text)
        places = [tagged] if tagged is not None else []
        places += [body for _, body in reversed(fenced_blocks(text))]
        places += [stated_block(reply) or "", text]
        for place in places:
            value = whole_json(place) or (last_json(place) if place is text else None)
            if value is not None:
                return value
        return None

    def equal(self, a: str, b: str) -> bool:
        left, right = parsed_json(a), parsed_json(b)
        return left is not None and left == right

    def schema(self) -> Mapping[str, Any] | None:
        return None


JSON = Json()


def parsed_json(text: str) -> object | None:
    """A JSON text as a value that compares by meaning, or ``None``: ``true`` is not ``1``, ``1.0`` is."""
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse,
                           object_pairs_hook=_object)  # fmt: skip
        return _comparable_value(value, 0)
    except (ValueError, ArithmeticError, RecursionError, TypeError):
        return None


def whole_json(text: str) -> str | None:
    """The text itself, where it is one JSON value: an object, a list, or more than a bare word."""
    text = text.strip()
    return text if text[:1] in tuple('{["-0123456789tfn') and parsed_json(text) is not None else None


def last_json(text: str) -> str | None:
    """The last object or list of a text that ends where no other contains it.

    >>> last_json('From [1] I get {"a": {"b": 2}}. Done.')
    '{"a": {"b": 2}}'
    """
    decoder = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    at, value, tries = 0, None, 0
    while tries < _MOST_TRIES:
        starts = [start for start in (text.find("{", at), text.find("[", at)) if start >= 0]
        if not starts:
            break
        tries += 1
        try:
            _, end = decoder.raw_decode(text, min(starts))
            value, at = text[min(starts) : end], end
        except (ValueError, RecursionError):
            at = min(starts) + 1
    return value if value is not None and parsed_json(value) is not None else None


_MOST_TRIES = 200


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _comparable_value(value: object, depth: int) -> object:
    """A value whose Python equality is JSON's."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    match value:
        case bool() | None:
            return ("constant", str(value))
        case Decimal():
            return ("number", value)
        case list():
            return ("list", tuple(_comparable_value(part, depth + 1) for part in value))
        case dict():
            return (
                "object",
                frozenset((name, _comparable_value(part, depth + 1)) for name, part in value.items()),
            )
    return ("text", value)
