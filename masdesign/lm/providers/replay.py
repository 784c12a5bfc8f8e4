"""Recorded completions, and nothing else: a run again, offline."""

from pathlib import Path

from masdesign.errors import InputError, NotRecorded
from masdesign.lm.profile import ModelProfile
from masdesign.lm.protocol import LM
from masdesign.lm.provider import Hosts, Provider
from masdesign.lm.spec import ModelSpec
from masdesign.records.cache import Cache
from masdesign.records.keys import cache_key
from masdesign.spending.price import Price
from masdesign.types import Completion, Request

_EXCERPT = 60


class Replay:
    """Answers from a `Cache` file that a run has filled; asks no model.

    Model id, window and price are the recorded model's. ``model`` says which, where the record, a file
    or a database by its URL, holds several (the name ``replay:PATH#MODEL``).
    """

    def __init__(self, path: str | Path, model: str | None = None) -> None:
        """Open the record; raises `InputError` where it is missing, or the model is not clear."""
        if "://" not in str(path) and not Path(path).is_file():
            raise InputError(f"record {path} does not exist; give the cache file of a finished run")
        self._cache = Cache(path)
        self.record = "" if "://" in str(path) else str(path)
        try:
            self.model, (self.window, self.price) = self._choose(model)
            self.profile = ModelProfile.recorded(self.window, self._cache.profile(self.model))
        except InputError:
            self._cache.close()
            raise

    def _choose(self, model: str | None) -> tuple[str, tuple[int, Price | None]]:
        models = self._cache.models()
        if model is None and len(models) == 1:
            return next(iter(models.items()))
        if model is not None and model in models:
            return model, models[model]
        wanted = "no model" if not models else "several models" if model is None else f"no model {model!r}"
        choice = f"; give replay:{self._cache.shown}#MODEL with one of {', '.join(models)}" if models else ""
        raise InputError(
            f"record {self._cache.shown} holds {wanted}{choice or '; give the cache file of a finished run'}"
        )

    async def complete(self, request: Request) -> Completion:
        """The recorded completion; raises `NotRecorded`."""
        request = request.of_model(self.model)
        completion = self._cache.get(cache_key(request))
        if completion is None:
            raise NotRecorded(self._missing(request))
        return completion

    def _missing(self, request: Request) -> str:
        words = " ".join(request.messages[-1].content.split()) if request.messages else ""
        words = words[:_EXCERPT] + "…" if len(words) > _EXCERPT else words
        return (
            f"record {self._cache.shown} does not hold this call of {self.model} ({words!r}, temperature "
            f"{request.temperature:g}, sample {request.sample}, world {request.world}); replay with the "
            "code and options of the recorded run, or ask the model itself"
        )

    async def aclose(self) -> None:
        """Close the record."""
        self._cache.close()


def _open(_spec: ModelSpec, argument: str, _hosts: Hosts) -> LM:
    path, _, model = argument.partition("#")
    return Replay(path, model or None)


PROVIDER = Provider("replay", "replay:FILE", "recorded calls, bit for bit, offline", _open, keeps=False)
