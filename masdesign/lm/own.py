"""`model`: a class of your own as a model that commands and verbs know by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from masdesign.errors import InputError
from masdesign.lm.protocol import LM
from masdesign.lm.provider import Hosts, Provider
from masdesign.lm.providers import PROVIDERS
from masdesign.lm.spec import ModelSpec

M = TypeVar("M", bound=Callable[..., LM])


def model(name: str) -> Callable[[M], M]:
    """Make a class (or a function that gives an `LM`) the model called ``name``.

    ``NAME`` opens it without arguments, ``NAME:TEXT`` with the text. Completions are cached, limited and
    asked again after a fault, as those of any other model.

    Raises:
        InputError: there is another model of that name, or the name cannot be a model's.

    Example::

        @md.model("mine")
        class Mine:
            model, window = "mine@1", 8192

            async def complete(self, request): ...

            async def aclose(self): ...
    """
    if not name or any(mark in name for mark in ":/ \n"):
        raise InputError(f"model name {name!r}: write it without spaces, colons and slashes, as my_model")

    def register(kind: M) -> M:
        def opened(spec: ModelSpec, argument: str, hosts: Hosts) -> LM:
            lm: object = kind(argument) if argument else kind()
            if not isinstance(lm, LM):
                parts = ("model", "window", "complete", "aclose")
                missing = ", ".join(part for part in parts if not hasattr(lm, part))
                raise InputError(f"model {name}: its class has no {missing}; write what is missing")
            return lm

        opened.__wrapped__ = kind  # type: ignore[attr-defined]  # so that its version is that of the class
        summary = (inspect.getdoc(kind) or "a model of your own").split("\n")[0]
        PROVIDERS.register(Provider(name, name, summary, opened))
        return kind

    return register
