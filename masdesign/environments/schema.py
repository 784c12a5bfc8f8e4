"""A tool out of a function: its name, its docstring, and the JSON Schema of its typed arguments."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, get_type_hints, overload, runtime_checkable

from masdesign.errors import InputError
from masdesign.types import Effect, Tool

if TYPE_CHECKING:
    from pydantic import BaseModel

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_SECONDS = 30.0
_MARK = "__masdesign_tool__"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECTION = re.compile(r"\n\s*(?:Args|Arguments|Parameters):\s*\n")
_ARGUMENT = re.compile(r"^\s{0,8}(\w+)(?:\s*\([^)]*\))?\s*:\s+(.+)$")


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """What a function is marked with, beside what its signature says."""

    effect: Effect | None = None
    name: str = ""
    description: str = ""
    seconds: float = DEFAULT_SECONDS
    price: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.price < math.inf:
            raise InputError(f"price {self.price!r} of a tool is no price; give USD a call, 0 or more")


@runtime_checkable
class Marked(Protocol):
    """A function that `tool` has marked."""

    __masdesign_tool__: ToolOptions

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


@overload
def tool(function: F) -> F: ...
@overload
def tool(
    function: None = None,
    *,
    effect: Effect | None = None,
    name: str = "",
    description: str = "",
    seconds: float = DEFAULT_SECONDS,
    price: float = 0.0,
) -> Callable[[F], F]: ...
def tool(function: F | None = None, **options: Any) -> F | Callable[[F], F]:
    """Mark a function as a tool, or a state's method as one (`masdesign.environments.state`).

    Args:
        function: sync or async; every argument has a type hint.
        effect: what a call changes: nothing (``pure``), its ``episode``, or the outside ``world``;
            by default nothing for a function, and the episode for a method.
        name: as a model is shown it; the function's own by default.
        description: the docstring by default.
        seconds: wall-clock limit of a call.
        price: USD a call.

    >>> @tool(effect="world")
    ... def send(address: str, text: str) -> str:
    ...     "Send a message."
    ...     return "sent"
    >>> tool_from(send).effect
    'world'
    """

    def mark(marked: F) -> F:
        setattr(marked, _MARK, ToolOptions(**options))
        return marked

    return mark if function is None else mark(function)


def is_marked(value: Any) -> bool:
    """Whether `tool` has marked the value."""
    return isinstance(getattr(value, _MARK, None), ToolOptions)


def tool_options(function: Callable[..., Any]) -> ToolOptions:
    """What `tool` marked the function with; the defaults where it did not."""
    options = getattr(function, _MARK, None)
    return options if isinstance(options, ToolOptions) else ToolOptions()


def tool_from(function: Callable[..., Any], effect: Effect = "pure") -> Tool:
    """Return the tool that a function is; ``effect`` is for one that does not say its own.

    Raises:
        InputError: an argument has no type hint, or its type has no JSON Schema.

    >>> def add(a: int, b: int = 1) -> int:
    ...     '''Add two numbers.
    ...
    ...     Args:
    ...         a: the first of them.
    ...     '''
    ...     return a + b
    >>> tool_from(add).schema["properties"]["a"]
    {'description': 'the first of them.', 'type': 'integer'}
    """
    options = tool_options(function)
    name = options.name or function.__name__
    if not _NAME.fullmatch(name):
        raise InputError(
            f"tool name {name!r} is not 1 to 64 letters, digits, '_' or '-'; give it one with tool(name=…)"
        )
    text = inspect.cleandoc(options.description or inspect.getdoc(function) or "")
    summary, described = _split_docstring(text)
    schema = _plain(arguments_model(function, described).model_json_schema())
    return Tool(name, summary, schema, options.effect or effect, options.price)


def arguments_model(
    function: Callable[..., Any], described: Mapping[str, str] | None = None
) -> type[BaseModel]:
    """Return a pydantic model of a function's arguments, which checks and converts them.

    Raises:
        InputError: an argument has no type hint, or pydantic knows no schema for its type.
    """
    from pydantic import ConfigDict, Field, create_model
    from pydantic.errors import PydanticUserError

    name = function.__name__
    fields: dict[str, Any] = {}
    for parameter, hint in _hints(function).items():
        default = inspect.signature(function).parameters[parameter].default
        about = (described or {}).get(parameter)
        value = ... if default is inspect.Parameter.empty else default
        # The argument's own name is an alias, since pydantic keeps some names of fields for itself.
        fields[f"argument_{parameter}"] = (hint, Field(value, alias=parameter, description=about))
    try:
        model: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
        model.model_json_schema()
    except PydanticUserError as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"tool {name}: an argument's type has no JSON Schema ({reason}); use JSON's types"
        ) from error
    return model


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Type of each argument, by name; without ``self``."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise InputError(f"tool {function.__name__}: {error}; define the type where the tool is") from error
    parameters = dict(inspect.signature(function).parameters)
    if parameters and next(iter(parameters)) == "self":
        del parameters["self"]
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InputError(f"tool {function.__name__}: argument {name} must be one that has a name")
        if name not in hints:
            raise InputError(f"tool {function.__name__}: argument {name} has no type hint; write {name}: str")
    return {name: hints[name] for name in parameters}


def _split_docstring(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the section on arguments, and what that section says of each of them."""
    head, *rest = _SECTION.split(f"{text}\n", maxsplit=1)
    tail = rest[0] if rest else ""
    described: dict[str, str] = {}
    argument, indent = "", len(tail) - len(tail.lstrip())
    for line in tail.splitlines():
        if line.startswith(" " * (indent + 1)) and argument:  # its description goes on
            described[argument] += f" {line.strip()}"
        elif match := _ARGUMENT.match(line):
            argument, described[match[1]] = match[1], match[2].strip()
        elif not line.strip() or not line.startswith(" "):
            break
    return head.strip(), described


def _plain(schema: Any) -> Any:
    """The schema without pydantic's titles, which tell a model nothing."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _plain(part) for name, part in value.items()}
        if key in ("properties", "$defs") else _plain(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }  # fmt: skip
