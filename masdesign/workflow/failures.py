"""How the run of an item, or of a program within it, ends early."""

from __future__ import annotations

from masdesign.errors import MasdesignError
from masdesign.types import Failure


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
