"""A design: the source of a workflow, where it came from, and an id that formatting does not change.

The id is taken from the canonical form of the syntax tree (`masdesign.syntax`).
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from masdesign.errors import SourceError
from masdesign.syntax import canonical
from masdesign.syntax import without_docstring as without_docstring  # `adas` imports it from here

MAX_SOURCE_CHARACTERS = 100_000


@dataclass(frozen=True)
class Design:
    """A workflow as source in the design language, untrusted.

    >>> a = Design("async def workflow(task):\\n    return await direct(task)")
    >>> b = Design('async def workflow( task ):\\n    "Ask once."\\n    return await direct(task)  # at once')
    >>> a.id == b.id
    True
    """

    source: str
    name: str = ""
    thought: str = ""
    """Why whoever wrote it thinks that it is good."""
    parents: tuple[str, ...] = ()
    """Ids of the designs that it was made from."""
    origin: str = ""
    """What made it: a strategy, a file, an import."""

    @cached_property
    def id(self) -> str:
        """First 12 hex digits of the SHA-256 of the canonical form; of the text where it does not parse."""
        try:
            form = canonical(parse(self.source))
        except SourceError:
            form = "unparsed:" + self.source
        return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def to_dspy(self, **options: Any) -> Any:
        """The design as a `dspy.Module` with one named predictor a model call.

        ``options`` are those of `masdesign.distill.bridge.to_dspy`, which this is (by its name: it stands
        layers above a design); `masdesign.from_dspy` brings back what DSPy made of it.
        """
        return import_module("masdesign.distill.bridge").to_dspy(self, **options)


def parse(source: str) -> ast.Module:
    """The syntax tree of ``source``.

    Raises:
        SourceError: it is not Python, nests too deeply, or is longer than `MAX_SOURCE_CHARACTERS`.
    """
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise SourceError(
            f"the source has {len(source)} characters", cure=f"keep it under {MAX_SOURCE_CHARACTERS}"
        )
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise SourceError(
            f"not valid Python: {error.msg}", line=error.lineno, cure="correct the syntax"
        ) from None
    except (RecursionError, MemoryError):
        raise SourceError("the source nests too deeply", cure="name the parts") from None
    except ValueError as error:
        raise SourceError(
            f"not valid Python: {error}", cure="remove the characters that are not text"
        ) from None
