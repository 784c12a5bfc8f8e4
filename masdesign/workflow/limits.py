"""What one item of a design may use."""

from __future__ import annotations

from dataclasses import dataclass


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
