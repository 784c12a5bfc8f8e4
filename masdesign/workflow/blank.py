"""The blank model: every completion the same constant. What a design scores with it, code answers."""

from __future__ import annotations

from masdesign.types import Completion, Request


class BlankLM:
    """A model that says nothing of its own: each completion is ``text``.

    A design that beats chance with it (the *blank-model control*) answers by code, not by the model.
    """

    def __init__(self, text: str = "", *, model: str = "blank", window: int = 1_000_000) -> None:
        self.text, self.model, self.window = text, model, window

    async def complete(self, request: Request) -> Completion:
        """The constant, at no cost."""
        return Completion(self.text)

    async def aclose(self) -> None:
        """Nothing to close."""
