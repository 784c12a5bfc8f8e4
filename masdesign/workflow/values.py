"""What crosses between the sandbox and the host: plain values only, each checked on its way in.

Text, numbers, booleans, None and lists cross as they are; an `Answer`, a `Verdict` or a `Question` as
a dict whose key ``$`` names it. The item's own question crosses as a mark, not as a copy.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from masdesign.types import PLAIN, Answer, Question, Verdict
from masdesign.workflow.block import Block
from masdesign.workflow.limits import design_failure

OWN = "own"
ELEMENT = 32
"""Characters that a text, a number or a list of its own counts."""
MOST_LISTED = 10_000
"""Elements of one list that is passed to a block."""
_MOST_NESTED = 8
_GREATEST = 10**18


def to_guest(value: object) -> Any:
    """A block's result, or an item's question, as plain values.

    Raises:
        TypeError: a block gave back something that cannot cross.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Answer):
        group = {"group": value.group} if value.group else {}
        return {"$": "Answer", "text": value.text, "reasoning": value.reasoning, **group}
    if isinstance(value, Verdict):
        return {"$": "Verdict", "ok": value.ok, "critique": value.critique}
    if isinstance(value, Question):
        kept = {"context": list(value.context), "choices": list(value.choices)}
        asking = [value.instruction, list(value.labels), value.form] if value.asking != PLAIN else []
        return {"$": "Question", "question": value.question, **kept, **({"asking": asking} if asking else {})}
    if isinstance(value, (list, tuple)):
        return [to_guest(v) for v in value]
    raise TypeError(
        f"a block returned a {type(value).__name__}; return an Answer, a Verdict, text or numbers"
    )


def from_guest(value: object, own: Question, depth: int = 0) -> Any:
    """A value from the sandbox; every part of it is checked.

    Raises:
        ItemFailed: it holds something that no block takes.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and abs(value) > _GREATEST:
        raise design_failure(f"a number above {_GREATEST} was passed to a block", "pass it as text")
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise design_failure(f"the number {value} was passed to a block", "pass a finite number")
    if depth > _MOST_NESTED:
        raise design_failure("lists nested too deeply were passed to a block", "pass a flat list")
    if isinstance(value, (list, tuple)):
        _check_length(value)
        return [from_guest(v, own, depth + 1) for v in value]
    if isinstance(value, dict):
        return _tag(value, own)
    raise design_failure(
        f"a {type(value).__name__} was passed to a block",
        "pass text, numbers, answers, verdicts, or lists of them",
    )


def _tag(value: Mapping[Any, Any], own: Question) -> Question | Answer | Verdict:
    match value:
        case {"$": "Question", "own": True}:
            return own
        case {"$": "Question", "question": str(text), "context": [*context], "choices": [*choices]} if all(
            isinstance(s, str) for s in (*context, *choices)
        ):
            _check_length([*context, *choices])
            return Question(text, tuple(context), tuple(choices), *_asking(value.get("asking"), own))
        case {"$": "Answer", "text": str(text), "reasoning": str(reasoning)}:
            group = value.get("group", "")
            return Answer(text, reasoning, group if isinstance(group, str) else "")
        case {"$": "Verdict", "ok": bool(ok), "critique": str(critique)}:
            return Verdict(ok, critique)
    raise design_failure(
        "a block was given something other than text, numbers, answers, verdicts or lists of them",
        'build answers as Answer("text") and join a dict into text',
    )


def _asking(given: object, own: Question) -> tuple[str, tuple[str, ...], str]:
    """How a question is asked that the guest had of a block: as its own question is, or not at all."""
    match given:
        case [str(instruction), [*labels], own.form] if all(isinstance(label, str) for label in labels):
            return instruction, tuple(map(str, labels)), own.form
    return "", (), PLAIN.form


def _check_length(values: Sequence[object]) -> None:
    if len(values) > MOST_LISTED:
        reason = f"a list of {len(values)} elements was passed to a block (limit {MOST_LISTED})"
        raise design_failure(reason, "pass fewer, or join them into one text")


def size(value: object) -> int:
    """What a value from the sandbox counts: its characters, and `ELEMENT` for each value in it.

    The host goes through every element (it checks, renders, counts tokens), an empty text included.
    """
    if isinstance(value, str):
        return ELEMENT + len(value)
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    if isinstance(value, (list, tuple)):
        return ELEMENT + sum(map(size, value))
    return ELEMENT


def check_arguments(
    block: Block[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], calls: int
) -> None:
    """Raises `ItemFailed` where the arguments are not what the block declares, or take too many ``calls``.

    A block is host code: a vote over a billion draws must be refused before it makes a list of them.
    """
    try:
        arguments = block.bind(args, kwargs)
    except TypeError as error:
        raise design_failure(f"{block.name}: {error}", f"call it as {block.stub()[10:-5]}") from None
    for name, value in arguments.items():
        hint, kind = block.hints.get(name, Any), block.signature.parameters[name].kind
        values = value if kind is kind.VAR_POSITIONAL else (value,)
        if not all(conforms(v, hint) for v in (value.values() if kind is kind.VAR_KEYWORD else values)):
            raise design_failure(
                f"{block.name}: {name} cannot be {_describe(value)}", f"call it as {block.stub()[10:-5]}"
            )
    try:
        most = block.most(arguments)
    except Exception as error:  # noqa: BLE001  (the arguments are the guest's)
        reason = f"{block.name}: its calls cannot be counted ({type(error).__name__}: {error!s:.60})"
        raise design_failure(reason, f"call it as {block.stub()[10:-5]}") from None
    if most > calls:
        raise design_failure(f"{block.name} would take more than {calls} calls", "ask for fewer completions")


def conforms(value: object, hint: Any) -> bool:
    """Whether a value is of a declared type; an unfamiliar declaration accepts all."""
    if hint is Any or (type(hint) is type and type(value) is hint):
        return True
    if hint is None or hint is NoneType:
        return value is None
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(conforms(value, h) for h in get_args(hint))
    if origin in (list, Sequence, Iterable, tuple):
        parts = [h for h in get_args(hint) if h is not Ellipsis] or [Any]
        return isinstance(value, (list, tuple)) and all(conforms(v, parts[0]) for v in value)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True


def _describe(value: object) -> str:
    if isinstance(value, (list, tuple)) and value:
        return f"a list of {type(value[0]).__name__}"
    return f"{value!r:.60}" if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"
