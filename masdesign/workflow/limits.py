"""What one item of a design may use, and how its run, or a program within it, ends early."""

from dataclasses import dataclass

from masdesign.errors import MasdesignError
from masdesign.types import Failure


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the run of one item; past any of them the item fails with a `design` failure."""

    calls: int = 64
    """Completions."""
    actions: int = 256
    """Actions in an environment."""
    seconds: float = 10.0
    """Interpreter time in one stretch, less the processor time that blocks took for the item until then;
    waiting for completions is not counted."""
    memory_mb: int = 64
    """Heap of the interpreter, in MiB."""
    suspended_mb: int = 4
    """State kept while the item waits for completions, in MiB: thousands of items wait at once."""
    text: int = 1_000_000
    """Characters that the item may pass to blocks in all, and in its answer."""
    printed: int = 100_000
    """Characters that the item may print (and nobody reads) in one stretch."""
    depth: int = 200
    """Nested function calls."""

    @property
    def block_calls(self) -> int:
        """Block calls, those that ask no model included: a bound on the work asked of the host."""
        return 4 * self.calls


class ItemFailed(MasdesignError):
    """Ends the item's run with ``failure``. A workflow cannot catch it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class ToolError(MasdesignError):
    """A program that a model wrote failed, or ran past its limits: a wrong program, not a wrong design."""


def design_failure(message: str, cure: str = "", line: int | None = None) -> ItemFailed:
    """The error that ends an item's run by the design's own fault."""
    return ItemFailed(Failure("design", message, line, cure))
