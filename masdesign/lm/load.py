"""A model from its spec, with all its wrappers but the run's own; and a class of a user's own as a model."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from urllib.parse import urlsplit

from masdesign.errors import InputError, MasdesignError, describe
from masdesign.lm.abacus.provider import AbacusLM
from masdesign.lm.cached import Cached
from masdesign.lm.lane import Lanes, Limited
from masdesign.lm.profile import ModelProfile
from masdesign.lm.protocol import LM, Wrapper
from masdesign.lm.provider import Hosts, Provider
from masdesign.lm.providers import PROVIDERS, litellm, openai
from masdesign.lm.retrying import Retrying
from masdesign.lm.spec import ModelSpec
from masdesign.lm.table import Model
from masdesign.records.cache import Cache
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
        if temperature is not None and not (
            isinstance(temperature, int | float)
            and not isinstance(temperature, bool)
            and 0 <= temperature <= 2
        ):
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


_NAMES = {"effort": "reasoning_effort"}
"""Our short names of options, and the servers'."""


def load_lm(
    model: Model,
    *,
    cache: Cache,
    concurrency: int,
    abacus: Callable[[Path], LM] = lambda folder: AbacusLM(folder=folder),
    lanes: Lanes | None = None,
) -> LM:
    """The model of a spec or a name: a registered provider's, else any LiteLLM name.

    An `LM` that is open already is cached, limited and asked again after a fault, like any other; it stays
    the caller's to close.

    Parameters:
        cache: stays the caller's to close.
        concurrency: calls in flight at one server; a spec may ask for fewer.
        lanes: those of the session, which models of one server share.
        abacus: makes the embedded model from its folder of weights; by default it computes on this machine.

    Raises:
        InputError: the name is not known, or it does not take an option; one line.
        CredentialsError: the key is missing.
    """
    if not isinstance(model, ModelSpec | str | Mapping):
        return Cached(Retrying(Limited(_Lent(model), concurrency), rng=Random()), cache)
    spec = ModelSpec.of(model)
    lm, provider = open_bare(spec, abacus=abacus), _provider_of(spec)
    if provider is not None and not provider.keeps:
        return lm
    lane = (lanes or Lanes()).of(spec, "" if provider else server_of(spec), concurrency)
    limited = Limited(lm, lane)
    return Cached(Retrying(limited, sleep=lane.rest, rng=Random(), outage=lane.outage), cache)


def server_of(spec: ModelSpec) -> str:
    """Where a spec's model is asked, of a LiteLLM name: the server's address, or the vendor."""
    url = openai.url_of(spec) if openai.speaks(spec) else spec.base_url
    return urlsplit(url).netloc.rpartition("@")[2] or spec.model.partition("/")[0]


def open_bare(
    spec: ModelSpec, *, abacus: Callable[[Path], LM] = lambda folder: AbacusLM(folder=folder)
) -> LM:
    """The model of a spec as it is: not cached, not limited, a fault not waited out. Raises as `load_lm`."""
    provider = _provider_of(spec)
    if provider is None:
        opened = openai.open_chat if openai.speaks(spec) else litellm.open_chat
        return _configure(opened(spec, _options(spec)), spec)
    _check_options(spec, provider)
    return _configure(provider.open(spec, spec.model.partition(":")[2], Hosts(abacus)), spec)


class _Lent(Wrapper):
    """A model that somebody else closes."""

    async def complete(self, request: Request) -> Completion:
        """Have one completion."""
        return await self.inner.complete(request)

    async def aclose(self) -> None:
        """Leave it open."""


def _provider_of(spec: ModelSpec) -> Provider | None:
    """The provider whose name the model's begins with; ``None`` for a LiteLLM name."""
    name = spec.model.partition(":")[0]
    return PROVIDERS.get(name) if "/" not in name and name in PROVIDERS.names() else None


def is_ours(name: str) -> bool:
    """Whether a model's name is of a provider of masdesign (``abacus``, ``replay:FILE``), not of LiteLLM."""
    return "/" not in name.partition(":")[0] and name.partition(":")[0] in PROVIDERS.names()


def _configure(lm: LM, spec: ModelSpec) -> LM:
    return Configured(lm, spec) if spec.draw or spec.profile else lm


def _options(spec: ModelSpec) -> dict[str, Any]:
    """The options that the server itself is sent."""
    if not isinstance(spec.draw.get("extra_body", {}), Mapping):
        raise InputError(f"model option extra_body={spec.draw['extra_body']!r} is no JSON object")
    return {_NAMES.get(name, name): value for name, value in spec.draw.items() if name not in OPTIONS}


def _check_options(spec: ModelSpec, provider: Provider) -> None:
    allowed = OPTIONS | provider.options
    for name in spec.draw:
        if name not in allowed:
            raise InputError(
                f"model {spec.model!r} takes no option {name!r}; it takes {', '.join(sorted(allowed))}"
            )


def _make(name: str, kind: Callable[..., object], argument: str) -> object:
    """The model that a user's class makes; what the class cannot do is one line."""
    given = (argument,) if argument else ()
    try:
        inspect.signature(kind).bind(*given)
    except TypeError as error:
        cure = f"leave out :{argument}" if argument else f"write {name}:TEXT, or give its parameters defaults"
        raise InputError(f"model {name!r} cannot be opened so ({error}); {cure}") from None
    try:
        return kind(*given)
    except MasdesignError:
        raise
    except Exception as error:  # a plug-in's own code
        cure = "correct its class, or its text"
        raise InputError(f"model {name!r} cannot be opened ({describe(error)}); {cure}") from error


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
            lm: object = _make(name, kind, argument)
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
