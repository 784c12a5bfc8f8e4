"""Arguments of a tool call: read from a model's JSON, and checked against the tool's schema."""

import json
from collections.abc import Mapping
from typing import Any

from masdesign.environments.call_text import signature
from masdesign.types import Tool

MOST_ERRORS = 3


def read_arguments(tool: Tool, text: str) -> Mapping[str, Any] | str:
    """Return the arguments that a model wrote as JSON, or what is wrong with them, for the model.

    Empty text stands for no arguments.

    >>> double = Tool("double", "Double it.", {"type": "object", "properties": {"n": {"type": "integer"}},
    ...     "required": ["n"]})
    >>> read_arguments(double, '{"n": 2}')
    {'n': 2}
    >>> print(read_arguments(double, '{"n": "two"}'))
    double: n: 'two' is not of type 'integer'. Write double[n: integer]
    """
    try:
        arguments = (
            json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique) if text.strip() else {}
        )
    except (ValueError, RecursionError) as error:
        return f"{tool.name}: the arguments are not JSON ({error}). {_correction(tool)}"
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        return f"{tool.name}: the arguments are not a JSON object. {_correction(tool)}"
    return argument_error(tool, arguments) or arguments


def read_texts(tool: Tool, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return arguments in which a text is read as JSON where the tool takes no text.

    A design's code holds texts that models wrote, and no objects cross the sandbox.

    >>> double = Tool("double", "Double it.", {"type": "object", "properties": {"n": {"type": "integer"}}})
    >>> read_texts(double, {"n": "2"}), read_texts(double, {"n": "two"})
    ({'n': 2}, {'n': 'two'})
    """
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(dict(tool.schema)).iter_errors(dict(arguments))
    wrong = {error.absolute_path[0] for error in errors if len(error.absolute_path) == 1}
    return {name: _loaded(value) if name in wrong else value for name, value in arguments.items()}


def _loaded(value: Any) -> Any:
    try:
        return json.loads(value, parse_constant=_refuse) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def argument_error(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Say what is wrong with arguments, with what they should be; empty if nothing is.

    >>> argument_error(Tool("now", "The time.", {"type": "object", "properties": {}}), {})
    ''
    """
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(dict(tool.schema)).iter_errors(dict(arguments)), key=_place)
    if not errors:
        return ""
    wanted = "; ".join(
        f"{_place(e)}: {e.message}" if e.absolute_path else e.message for e in errors[:MOST_ERRORS]
    )
    return f"{tool.name}: {wanted}. {_correction(tool)}"


def _place(error: Any) -> str:
    """Where in the arguments an error is: ``flights[0].date``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return "".join(steps).removeprefix(".")


def _correction(tool: Tool) -> str:
    return f"Write {signature(tool)}"


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is given twice: which of the two was meant is anybody's guess."""
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key is given twice")
    return table
