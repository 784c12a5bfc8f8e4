"""Is a source well-formed? Parse, lint with mechanical rewrites, static types, the bound of its calls.

Checking is bounded whatever the source: limits on its tree (`parsing`) bound our own work, and the type
checker runs in a process of its own that is ended when patience is. Nothing of the source runs. Outcomes are
remembered, failures too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from masdesign.errors import SourceError
from masdesign.syntax import shallow
from masdesign.workflow import adas
from masdesign.workflow.block import Block
from masdesign.workflow.bound import bound_of
from masdesign.workflow.design import Design
from masdesign.workflow.lint import check_models, lint
from masdesign.workflow.parsing import parse
from masdesign.workflow.prelude import prelude
from masdesign.workflow.rewrite import rewrite
from masdesign.workflow.sandbox import GuestProgram
from masdesign.workflow.static_types import check_types, stubs
from masdesign.workflow.threads import Threads

_MOST_REMEMBERED = 1024
_LONGEST_REASON = 500
"""Characters of a reason: it may quote the source, and is kept with every item."""
_outcomes: OrderedDict[object, Checked | SourceError] = OrderedDict()
_guard = threading.Lock()
_threads = Threads(1)


@dataclass(frozen=True)
class Checked:
    """A well-formed design, ready to run."""

    source: str
    program: GuestProgram = field(repr=False)
    call_bound: int
    """No item asks for more completions than this; 64 where no lower bound is known."""

    @property
    def source_rewritten(self) -> str:
        """The source as the interpreter is given it."""
        return self.program.source


def check(
    source: str | Design, blocks: Mapping[str, Block[Any, Any]], *, models: Collection[str] = ()
) -> Checked:
    """Return the source made ready to run.

    Parameters:
        blocks: those that it may call, by name.
        models: names of models that it may ask for, where these are to be checked now; every other
            name in a ``model=`` is then an error. (At the run, only the run's own names are known.)

    Raises:
        SourceError: with the line, the reason and the cure. Whatever checking a source comes to is that
            source's failure.
    """
    text = source.source if isinstance(source, Design) else source
    key = (text, _versions(blocks))
    checked = _recall(key) or _remember(key, _outcome(text, blocks))
    if isinstance(checked, SourceError):
        raise SourceError(checked.reason, line=checked.line, cure=checked.cure)
    if models:
        check_models(parse(text), blocks, models)
    return checked


async def check_in_thread(
    source: str | Design, blocks: Mapping[str, Block[Any, Any]], *, models: Collection[str] = ()
) -> Checked:
    """`check` off the event loop; at once, without giving way, where the outcome is remembered."""
    text = source.source if isinstance(source, Design) else source
    if _recall((text, _versions(blocks))) is None:
        return await _threads.run(lambda: check(text, blocks, models=models))
    return check(text, blocks, models=models)


def call_bound(source: str | Design, blocks: Mapping[str, Block[Any, Any]]) -> int:
    """The most completions of one item, from the source alone; 64 where that is not known."""
    return bound_of(parse(source.source if isinstance(source, Design) else source), blocks)


def _versions(blocks: Mapping[str, Block[Any, Any]]) -> frozenset[tuple[str, str, object]]:
    """Blocks as a key: the same names at the same versions, with the same bounds, are the same."""
    return frozenset((name, b.version, b.calls) for name, b in blocks.items())


def _recall(key: object) -> Checked | SourceError | None:
    with _guard:
        if key in _outcomes:
            _outcomes.move_to_end(key)
        return _outcomes.get(key)


def _remember(key: object, outcome: Checked | SourceError) -> Checked | SourceError:
    with _guard:
        _outcomes[key] = outcome
        while len(_outcomes) > _MOST_REMEMBERED:
            _outcomes.popitem(last=False)
    return outcome


def _outcome(source: str, blocks: Mapping[str, Block[Any, Any]]) -> Checked | SourceError:
    try:
        return _check(source, blocks)
    except SourceError as error:
        reason = (
            error.reason if len(error.reason) <= _LONGEST_REASON else f"{error.reason[:_LONGEST_REASON]}…"
        )
        return SourceError(reason, line=error.line, cure=error.cure)  # without the frames of its raise
    except (OSError, ImportError):  # this machine's fault, not the source's
        raise
    except Exception as error:  # noqa: BLE001  (an untrusted source: its failure is a value)
        reason = f"the source cannot be checked ({type(error).__name__}: {error!s:.200})"
        return SourceError(reason, cure="write it more simply")


def _check(source: str, blocks: Mapping[str, Block[Any, Any]]) -> Checked:
    tree = parse(source)
    lint(tree, blocks)
    bound = bound_of(tree, blocks)
    with shallow():
        rewritten, lines = rewrite(source, tree)
        dialect = adas.STUBS if adas.ENTRY in source else ""
        check_types(rewritten, lines, stubs(blocks.values()) + dialect)
    return Checked(source, GuestProgram(prelude(tree, blocks), rewritten, lines), bound)
