"""Where the items of a design run: an interface, so that they can run on other machines than this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from masdesign.lm.protocol import LM
    from masdesign.types import Question
    from masdesign.workflow.check import Checked
    from masdesign.workflow.item import ItemOutcome
    from masdesign.workflow.run import Gate
    from masdesign.workflow.runtime import Runtime


class Executor(Protocol):
    """A place, or many, where items run.

    **Contract.** `run` gives and raises what `run_item` does for the same arguments, but for the seconds:
    wherever the item runs, and however often that place is lost. The sandbox is where the item runs.
    Completions are asked of ``runtime.models`` by the caller's process, in the caller's context and in
    order of issue, each of them once: so there is one budget, one cache and one rate limit for all places,
    and keys stay with the caller. Both may be used any number of times at once, from one event loop.
    """

    async def run(
        self, design: Checked, question: Question, runtime: Runtime, gate: Gate | None = None
    ) -> ItemOutcome:
        """The design on one question; ``gate`` is the way to its episode, which stays with the caller."""
        ...

    def abacus(self, folder: Path) -> LM:
        """The embedded model with the weights of ``folder``, computed where the items run."""
        ...
