"""Tool calls as text: how a prompt lists a tool, and how a reply calls it.

A tool with a few plain arguments is written ``put[red cup | oak table]``, any other with a JSON object. What
models write besides (JSON in fences or tags, ``put(thing="red cup")``, ``Action Input:``) is understood too.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from masdesign.types import Tool, ToolCall

MOST_PLAIN = 4
"""Arguments of a tool that is written with brackets, at most."""
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_MARKER = re.compile(r"^[ \t*_`#]{0,20}Action[ \t*_`]{0,5}:[ \t*_`]{0,20}", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(r"([\w.-]{1,64})[ \t*_`]{0,5}(?=$|[\[({\s:])")
_INPUT = re.compile(r"\s{0,20}Action[ _]Input[ \t*_`]{0,5}:\s{0,20}", re.IGNORECASE)
_JSON_CALL = re.compile(r"<tool_call>|```(?:json|tool_call)?[ \t]{0,20}\n", re.IGNORECASE)
_ENDS_CALL = re.compile(
    r"\n[ \t*_`]{0,20}(?:thought|action|observation|answer)\b[ \t*_`]{0,5}:", re.IGNORECASE
)
_CLOSES = {"[": "]", "(": ")"}
_DECODER = json.JSONDecoder()
_NAMES = ("name", "tool", "action", "function")
_ARGUMENTS = ("arguments", "args", "parameters", "input", "action_input")


def signature(tool: Tool) -> str:
    """Return how a tool is called: ``?`` marks an argument that may be left out.

    >>> number, text = {"type": "integer"}, {"type": "string"}
    >>> signature(Tool("find", "", {"properties": {"words": text, "n": number}, "required": ["words"]}))
    'find[words | n?: integer]'
    >>> signature(Tool("tag", "", {"properties": {"names": {"type": "array", "items": text}}}))
    'tag {"names" (optional): [string, …]}'
    """
    if not is_plain(tool):
        return f"{tool.name} {_object_shape({**tool.schema, 'properties': _properties(tool)})}"
    required = tool.schema.get("required", ())
    parts = []
    for name, schema in _properties(tool).items():
        kind = _kind(schema)
        parts.append(f"{name}{'' if name in required else '?'}{'' if kind == 'string' else f': {kind}'}")
    return f"{tool.name}[{' | '.join(parts)}]"


def is_plain(tool: Tool) -> bool:
    """Whether a tool is called with brackets: it takes at most `MOST_PLAIN` texts, numbers and the like."""
    kinds = [kind for schema in _properties(tool).values() for kind in _kinds(schema)]
    return len(_properties(tool)) <= MOST_PLAIN and _SCALARS.issuperset(kinds)


def list_tools(tools: Iterable[Tool], *, brief: bool = False) -> list[str]:
    """Return tools as a prompt lists them, a line each; ``brief``: with the first sentence about each.

    >>> list_tools([Tool("read", "Read a page. Slow.", {"properties": {"page": {"type": "string",
    ...     "description": "its title."}}, "required": ["page"]})])
    ['read[page]: Read a page. Slow. page: its title.']
    """
    lines = []
    for tool in tools:
        about = " ".join(tool.description.split())
        described = [
            f"{name}: {' '.join(schema['description'].split())}"
            for name, schema in _properties(tool).items()
            if isinstance(schema, Mapping) and schema.get("description")
        ]
        about = re.split(r"(?<=\.)\s", about)[0] if brief else " ".join([about, *described])
        lines.append(f"{signature(tool)}: {about}")
    return lines


def write_call(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Return a call as a model writes it: `read_calls` reads the same call in it.

    >>> put = Tool("put", "", {"properties": {"thing": {"type": "string"}, "place": {"type": "string"}}})
    >>> write_call(put, {"thing": "red cup", "place": "oak table"})
    'put[red cup | oak table]'
    """
    if is_plain(tool):
        names = list(_properties(tool))
        while names and names[-1] not in arguments:
            names.pop()
        values = [arguments.get(name, "") for name in names]
        texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
        text = f"{tool.name}[{' | '.join(texts)}]"
        if _arguments(tool, text[len(tool.name) :]) == json.dumps(dict(arguments), ensure_ascii=False):
            return text
    return f"{tool.name} {json.dumps(dict(arguments), ensure_ascii=False)}"


def read_calls(text: str, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
    """Return the calls in a reply: the first ``Action:``, else calls as JSON, else the first call on a line.

    Arguments are JSON text; what cannot be made JSON is left as it was written.

    >>> go = Tool("go", "", {"properties": {"room": {"type": "string"}}, "required": ["room"]})
    >>> read_calls("Thought: on.\\nAction: go[the hall]", [go])
    (ToolCall(name='go', arguments='{"room": "the hall"}', id=''),)
    >>> read_calls('<tool_call>{"name": "go", "arguments": {"room": "hall"}}</tool_call>', [go])[0].arguments
    '{"room": "hall"}'
    >>> read_calls("Answer: go", [go])
    ()
    """
    by_name = {tool.name: tool for tool in tools}
    marker = _MARKER.search(text)
    if marker is not None:
        rest = text[marker.end() :]
        call = _named_call(rest, by_name) or next(_json_calls(rest), None)
        return () if call is None else (call,)
    calls = tuple(call for start in _JSON_CALL.finditer(text) for call in _json_calls(text[start.end() :]))
    if calls:
        return calls
    for line in re.finditer(r"^[ \t*`]{0,5}([\w.-]{1,64})[\[({]", text, re.MULTILINE):
        if line.group(1) in by_name and (call := _named_call(text[line.start(1) :], by_name)):
            return (call,)
    return ()


def _named_call(text: str, tools: Mapping[str, Tool]) -> ToolCall | None:
    """The call that a text begins with: a name, and what follows it."""
    named = _NAME.match(text)
    if named is None:
        return None
    tool = tools.get(named.group(1)) or tools.get(named.group(1).lower())
    rest = _ENDS_CALL.split(_INPUT.sub(" ", text[named.end() :], count=1), maxsplit=1)[0]
    return ToolCall(tool.name if tool else named.group(1), _arguments(tool, rest))


def _arguments(tool: Tool | None, text: str) -> str:
    """The arguments that a text begins with, as JSON text; as they stand where they cannot be read."""
    text = text.lstrip(" \t\r\n*_`:")
    if text.startswith("{"):
        return _json_object(text)
    line = text.partition("\n")[0].strip(" \t*_`")
    body = _enclosed(text) if text[:1] in _CLOSES else line
    inner = _json_object(body) if body.startswith("{") else ""
    if inner and _loaded(inner) is not None:
        return inner
    values = _keywords(body) if text.startswith("(") else None
    if values is None and tool is not None:
        values = _positional(tool, body)
    return body if values is None else json.dumps(values, ensure_ascii=False)


def _enclosed(text: str) -> str:
    """What stands between the bracket that a text begins with and the one that closes it.

    Where none does, the last closing bracket of the first line ends it, or else the text's end.
    """
    opens, closes, depth = text[0], _CLOSES[text[0]], 0
    for place, character in enumerate(text):
        depth += (character == opens) - (character == closes)
        if depth == 0:
            return text[1:place].strip()
    line = text.partition("\n")[0]
    body = line.rpartition(closes)[0] if closes in line else text.rstrip().removesuffix(closes)
    return body[1:].strip()


def _positional(tool: Tool, body: str) -> dict[str, Any] | None:
    """The values of a tool's arguments in their order, the last of which may hold ``|`` itself."""
    properties = _properties(tool)
    names = list(properties)
    if not names or not body:
        return None if body else {}
    values: dict[str, Any] = {}
    required = tool.schema.get("required", ())
    for name, part in zip(names, body.split("|", len(names) - 1), strict=False):
        key, given = _keyword(part.strip(), properties) or (name, part.strip())
        if given or key in required:
            values[key] = _value(_unquoted(given), properties[key])
    return values


def _keyword(part: str, properties: Mapping[str, Any]) -> tuple[str, str] | None:
    name, equals, value = part.partition("=")
    return (name.strip(), value.strip()) if equals and name.strip() in properties else None


def _keywords(body: str) -> dict[str, Any] | None:
    """The arguments of ``put(thing="cup", place="table")``; ``None`` where it is no such call."""
    try:
        call = ast.parse(f"f({body})", mode="eval").body
        assert isinstance(call, ast.Call)
        if call.args or not call.keywords:
            return None
        return {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError, AssertionError, RecursionError, MemoryError):
        return None


def _value(text: str, schema: Any) -> Any:
    """A value of the type that the schema has; the text itself where it is of another."""
    kinds = set(_kinds(schema))
    if "string" in kinds and not (text == "null" and "null" in kinds):
        return text
    value = _loaded(text.lower() if kinds & {"boolean", "null"} else text)
    return text if value is None and text.lower() != "null" else value


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]
    return text[1:-1] if quoted else text


def _json_calls(text: str) -> Iterator[ToolCall]:
    """The call that a text begins with as a JSON object of name and arguments."""
    value = _loaded(_json_object(text.lstrip(" \t\r\n*_`")))
    if not isinstance(value, dict):
        return
    name, arguments = (
        next((value[key] for key in keys if key in value), None) for keys in (_NAMES, _ARGUMENTS)
    )
    if isinstance(name, dict):  # {"function": {"name": …, "arguments": …}}
        yield from _json_calls(json.dumps(name))
    elif isinstance(name, str):
        yield ToolCall(name, arguments if isinstance(arguments, str) else json.dumps(arguments or {}))


def _json_object(text: str) -> str:
    """The JSON object that a text begins with, as it stands; else its first line."""
    try:
        return text[: _DECODER.raw_decode(text)[1]]
    except (ValueError, RecursionError):
        return text.partition("\n")[0].strip(" \t*_`")


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _properties(tool: Tool) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = _inlined(tool.schema.get("properties", {}), tool.schema.get("$defs", {}))
    return properties


def _inlined(schema: Any, definitions: Mapping[str, Any], depth: int = 8) -> Any:
    """A schema with its references in full; down to a depth, since a type may hold itself."""
    if isinstance(schema, list):
        return [_inlined(part, definitions, depth) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in definitions:
        return _inlined(definitions[name], definitions, depth - 1) if depth else {}
    return {key: _inlined(part, definitions, depth) for key, part in schema.items()}


def _kinds(schema: Any) -> list[str]:
    """The JSON types that a schema allows; ``any`` where it does not say."""
    if not isinstance(schema, Mapping):
        return ["any"]
    if "enum" in schema:
        return ["string" if isinstance(value, str) else "number" for value in schema["enum"]]
    if "anyOf" in schema:
        return [kind for option in schema["anyOf"] for kind in _kinds(option)]
    kind = schema.get("type", "any")
    return list(kind) if isinstance(kind, list) else [str(kind)]


def _kind(schema: Any) -> str:
    """A type as a prompt names it."""
    if not isinstance(schema, Mapping):
        return "any"
    if "enum" in schema:
        return "/".join(str(value) for value in schema["enum"])
    kinds = [kind for kind in _kinds(schema) if kind != "null"]
    if kinds == ["array"]:
        return f"[{_kind(schema.get('items'))}, …]"
    if kinds == ["object"] and schema.get("properties"):
        return _object_shape(schema)
    return " or ".join(dict.fromkeys(kinds)) or "any"


def _object_shape(schema: Mapping[str, Any]) -> str:
    """The JSON object that a schema describes."""
    required = schema.get("required", ())
    parts = [
        f'"{name}"{"" if name in required else " (optional)"}: {_kind(kind)}'
        for name, kind in schema.get("properties", {}).items()
    ]
    return "{" + ", ".join(parts) + "}"
