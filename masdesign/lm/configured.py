"""A model with the options that a user chose, whatever provider it is of."""

from __future__ import annotations

from dataclasses import replace

from masdesign.errors import InputError
from masdesign.lm.profile import ModelProfile
from masdesign.lm.protocol import LM, Wrapper
from masdesign.lm.spec import ModelSpec
from masdesign.types import Completion, Message, Request

OPTIONS = frozenset({"max_tokens", "temperature", "system"})
"""Options that every model takes."""


class Configured(Wrapper):
    """Applies ``temperature`` and ``system`` to every request; has the id and profile that a spec gives.

    A system message of the request's own is put after the user's.
    """

    def __init__(self, inner: LM, spec: ModelSpec) -> None:
        super().__init__(inner)
        self._model = inner.model + spec.mark
        self._profile = super().profile.corrected(spec.profile, int(spec.draw.get("max_tokens", 0)))
        temperature = spec.draw.get("temperature")
        if temperature is not None and (isinstance(temperature, str) or not 0 <= float(temperature) <= 2):
            raise InputError(f"model option temperature={temperature!r} is not a number from 0 to 2")
        self._temperature = None if temperature is None else float(temperature)
        self._system = str(spec.draw.get("system", ""))

    @property
    def model(self) -> str:
        """The model's id, with the hash of its options."""
        return self._model

    @property
    def profile(self) -> ModelProfile:
        """The profile, as the user corrected it."""
        return self._profile

    @property
    def window(self) -> int:
        """The window, in tokens, as the user corrected it."""
        return self._profile.window

    async def complete(self, request: Request) -> Completion:
        """Ask with the options."""
        if self._temperature is not None:
            request = replace(request, temperature=self._temperature)
        if self._system:
            first, *rest = request.messages or (Message("user", ""),)
            system = self._system if first.role != "system" else f"{self._system}\n\n{first.content}"
            others = rest if first.role == "system" else [first, *rest]
            request = replace(request, messages=(Message("system", system), *others))
        return await self.inner.complete(request)
