"""A model from its name, with all its wrappers but the run's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from masdesign.errors import InputError
from masdesign.lm.abacus.provider import WEIGHTS, Abacus
from masdesign.lm.cached import Cached
from masdesign.lm.limited import Limited
from masdesign.lm.litellm import LiteLLM
from masdesign.lm.protocol import LM
from masdesign.lm.recorded import Prompt, recorded
from masdesign.lm.replay import Replay
from masdesign.lm.retrying import Retrying
from masdesign.records.cache import Cache
from masdesign.spending.price import Price


def load_lm(
    name: str,
    *,
    cache: Cache,
    concurrency: int,
    price: str | None = None,
    base_url: str | None = None,
    prompts: Mapping[str, Prompt] | None = None,
    abacus: Callable[[Path], LM] = lambda folder: Abacus(folder=folder),
) -> LM:
    """The model called ``name``: ``abacus`` (or ``abacus:FOLDER``, a copy of it that was trained further),
    ``replay:PATH`` (or ``replay:PATH#MODEL``),
    ``recorded:PATH#COLUMN``, or any LiteLLM name.

    ``cache`` stays the caller's to close. ``price`` is ``"IN/OUT"`` in USD per million tokens.
    ``prompts`` are those that recorded solutions answer: what stands around the question, by template.
    ``abacus`` makes the embedded model from its folder of weights; by default it computes on this machine.

    Raises `InputError` for a name that is not known, and `CredentialsError` where the key is
    missing: one line each.
    """
    if not name.strip():
        raise InputError("the model's name is empty; give abacus, or a LiteLLM name as openai/gpt-4o-mini")
    if name.startswith("replay:"):
        path, _, model = name.removeprefix("replay:").partition("#")
        return Replay(path, model or None)
    if name.startswith("recorded:"):
        return recorded(name, prompts=prompts or {}, price=Price.parse(price) if price else None)
    if name.startswith("abacus:"):
        return Cached(Limited(_trained(Path(name.removeprefix("abacus:")), abacus), concurrency), cache)
    if name == "abacus":
        return Cached(Limited(abacus(WEIGHTS), concurrency), cache)
    provider = LiteLLM(name, base_url=base_url, price=price)
    return Cached(Limited(Retrying(provider, rng=Random()), concurrency), cache)


def _trained(folder: Path, abacus: Callable[[Path], LM]) -> LM:
    if not (folder / "weights.npz").is_file() or not (folder / "manifest.json").is_file():
        raise InputError(f"model abacus:{folder}: there are no weights in that folder; check the path")
    try:
        return abacus(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"model abacus:{folder}: its manifest.json cannot be read ({error})") from error
