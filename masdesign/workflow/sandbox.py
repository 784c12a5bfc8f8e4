"""Where untrusted workflows run. (Interface first; the Monty pool follows.)"""

from __future__ import annotations

from typing import Protocol

from masdesign.errors import MasdesignError
from masdesign.workflow.limits import Limits


class ToolError(MasdesignError):
    """A program that a model wrote failed, or ran past its limits: a wrong program, not a wrong design."""


class Sandbox(Protocol):
    """Runs untrusted source."""

    async def run_python(self, source: str, limits: Limits) -> str:
        """The value of the program's last expression as text, else what it printed; or ToolError."""
        ...
