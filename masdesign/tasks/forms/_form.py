"""What the shipped forms have in common."""

from collections.abc import Mapping
from typing import Any


class TextForm:
    """A form whose answer is one text, with structured output too."""

    def schema(self) -> Mapping[str, Any] | None:
        """An object with the answer as text under ``answer``."""
        return {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
