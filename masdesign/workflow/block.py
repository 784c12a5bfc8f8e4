"""Blocks: the typed async steps that designs are made of. Trusted code, run on the host.

@block(cost="1 call", reference="arXiv:2201.11903", templates=("chain_of_thought",))
async def chain_of_thought(task: Question, *, instruction: str = "") -> Answer:
    '''Reasons step by step. Helps where an answer takes several steps.'''
    completion = await running().complete(render("chain_of_thought", task=task, instruction=instruction))
    return read_answer(completion.text)
"""

import hashlib
import inspect
import re
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, get_args, get_type_hints

from masdesign.workflow.trace import traced

P = ParamSpec("P")
R = TypeVar("R")

_MOST_SHAPES = 256
MOST_CALLS = 64
"""The bound of what cannot be bounded: no item makes more calls than this by default."""


def item_bound(design: int, limit: int) -> int:
    """The most calls of one item: the design's bound, which is no bound once it is `MOST_CALLS`.

    >>> item_bound(5, 64), item_bound(64, 128)
    (5, 128)
    """
    return limit if design >= MOST_CALLS else min(design, limit)


@dataclass(frozen=True)
class Block(Generic[P, R]):
    """One step. Calling it runs it within the item's run now in progress (`running`), and traces it."""

    name: str
    function: Callable[P, Coroutine[Any, Any, R]] = field(repr=False)
    signature: inspect.Signature = field(repr=False)
    doc: str = field(repr=False)
    """The docstring: what it does, when it helps, the paper. A meta-agent reads it."""
    reference: str = ""
    cost: str = ""
    """The completions that a call takes, in words."""
    calls: int | Callable[..., int] = field(default=1, repr=False)
    templates: tuple[str, ...] = ()
    source: str = field(default="", repr=False)
    needs: str = ""
    """``environment``, ``memory`` or ``python`` (the tool): of use only where the task has it; ``stream``:
    where a memory learns between items, which none does while designs are searched over."""
    version: str = ""
    """First 8 hex digits of the SHA-256 of its source."""

    @property
    def __wrapped__(self) -> Callable[P, Coroutine[Any, Any, R]]:
        """The function, as `inspect.unwrap` asks for it."""
        return self.function

    @property
    def summary(self) -> str:
        """The first sentence of the docstring, on one line."""
        paragraph = " ".join(self.doc.split("\n\n")[0].split())
        return paragraph.split(". ")[0].rstrip(".") + "." if paragraph else ""

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The types of the parameters, and of the result under ``return``."""
        return get_type_hints(self.function)

    @cached_property
    def prompts(self) -> tuple[tuple[str, str], ...]:
        """The templates that lie beside its file, name and text; read once, so that a run keeps them."""
        file = self.function.__globals__.get("__file__")
        paths = [(name, Path(file).with_name(f"{name}.j2")) for name in self.templates] if file else []
        return tuple((name, path.read_text(encoding="utf-8")) for name, path in paths if path.is_file())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        return traced(self.name, self._run, args, kwargs)

    async def _run(self, *args: P.args, **kwargs: P.kwargs) -> R:
        token = current_block.set(self)
        try:
            return await self.function(*args, **kwargs)
        finally:
            current_block.reset(token)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by parameter, as `inspect.Signature.bind` gives them; what fits where is kept.

        Raises:
            TypeError: they do not fit the signature.
        """
        shape = (len(args), *kwargs)
        places = self._places.get(shape)
        if places is None:
            places = self.signature.bind(*range(len(args)), **{name: name for name in kwargs}).arguments
            if len(self._places) < _MOST_SHAPES:
                self._places[shape] = places

        def put(place: Any) -> Any:
            if isinstance(place, tuple):
                return tuple(map(put, place))
            if isinstance(place, dict):
                return {name: kwargs[name] for name in place}
            return kwargs[place] if isinstance(place, str) else args[place]

        return {name: put(place) for name, place in places.items()}

    @cached_property
    def _places(self) -> dict[tuple[object, ...], dict[str, Any]]:
        """By the number of positional arguments and the names of the others: where each parameter's lies."""
        return {}

    def stub(self) -> str:
        """The block as a typed declaration, without its body."""
        returns = _annotation(self.signature.return_annotation)
        parameters = _parameters(self.signature)
        return f"async def {self.name}({parameters}) -> {returns}: ..."

    def bound(self, arguments: Mapping[str, object], unknown: Collection[str] = ()) -> int:
        """The most completions of one call, of `MOST_CALLS` at most.

        ``arguments`` are those whose value is known before the run, ``unknown`` names the others.
        """
        if isinstance(self.calls, int):
            return min(self.calls, MOST_CALLS)
        named = {
            p.name for p in inspect.signature(self.calls).parameters.values() if p.kind is not p.VAR_KEYWORD
        }
        if named & set(unknown):
            return MOST_CALLS
        try:
            return max(0, min(self.most(arguments), MOST_CALLS))
        except Exception:  # noqa: BLE001  (arguments of an untrusted source: whatever they do to it)
            return MOST_CALLS

    def most(self, arguments: Mapping[str, object]) -> int:
        """The most completions of one call with these arguments, however many that is."""
        return self.calls if isinstance(self.calls, int) else int(self.calls(**arguments))


current_block: ContextVar[Block[..., Any] | None] = ContextVar("current_block", default=None)
"""The innermost block that runs now: its own templates are rendered before shipped ones."""


def block(
    *,
    cost: str = "1 call",
    reference: str = "",
    calls: int | Callable[..., int] = 1,
    templates: tuple[str, ...] = (),
    needs: str = "",
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Block[P, R]]:
    """Makes a `Block` of an async function.

    Parameters:
        cost: the completions that a call takes, in words.
        reference: the paper, as ``arXiv:…`` or a DOI.
        calls: the most completions of one call; where they depend on its arguments, a function of
            those that takes the rest as keywords (``lambda n=5, **_: n``).
        templates: names of the prompt templates that it renders.
        needs: ``environment``, ``memory``, ``stream`` or ``python``, where it is of use only with it.

    Raises:
        TypeError: the function is not async, or a parameter or the result has no type.
    """

    def make(function: Callable[P, Coroutine[Any, Any, R]]) -> Block[P, R]:
        if not inspect.iscoroutinefunction(function):
            raise TypeError(f"the block {function.__name__} must be an async function")
        signature = inspect.signature(function)
        if untyped := _untyped(signature):
            cure = "write them, as in task: Question and -> Answer"
            raise TypeError(f"the block {function.__name__} has no type for {', '.join(untyped)}; {cure}")
        source = _source(function)
        return Block(
            name=function.__name__,
            function=function,
            signature=signature,
            doc=inspect.getdoc(function) or "",
            reference=reference,
            cost=cost,
            calls=calls,
            templates=templates,
            needs=needs,
            source=source,
            version=hashlib.sha256(source.encode()).hexdigest()[:8],
        )

    return make


def _untyped(signature: inspect.Signature) -> list[str]:
    names = [p.name for p in signature.parameters.values() if p.annotation is p.empty]
    return names + ["its result"] * (signature.return_annotation is signature.empty)


def _source(function: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):  # defined at a prompt: its code must do
        return f"{function.__qualname__} {function.__code__.co_code.hex()}"


def _annotation(annotation: Any) -> str:
    if annotation is inspect.Parameter.empty:
        return "Any"
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", str(annotation))  # names alone, as in a source


def _parameters(signature: inspect.Signature) -> str:
    parts: list[str] = []
    starred = False
    for p in signature.parameters.values():
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        star = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        default = "" if p.default is p.empty else f" = {p.default!r}"
        parts.append(f"{star}{p.name}: {_annotation(p.annotation)}{default}")
    return ", ".join(parts)
