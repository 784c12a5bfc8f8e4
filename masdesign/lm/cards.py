"""What LiteLLM's table says of a model, read from its file: LiteLLM itself takes seconds to import."""

import functools
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from masdesign.lm.profile import DEFAULT_WINDOW, ModelProfile
from masdesign.spending.price import Price, Rates

_TABLE = "model_prices_and_context_window_backup.json"
_TIERS = (100_000, 128_000, 200_000, 256_000, 272_000)
"""Prompt tokens above which some models have other rates, as the table's names spell them (``128k``)."""


@functools.cache
def _table() -> dict[str, Any]:
    spec = find_spec("litellm")
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        path = Path(folder) / _TABLE
        if path.is_file():
            return dict(json.loads(path.read_text(encoding="utf-8")))
    return {}


@functools.cache
def providers() -> frozenset[str]:
    """The providers that the table names, ``anthropic`` and so on."""
    return frozenset(
        str(card["litellm_provider"]) for card in _table().values() if card.get("litellm_provider")
    )


def card_of(name: str) -> dict[str, Any]:
    """The table's row of a LiteLLM name, with its provider or without; empty where there is none."""
    table = _table()
    provider, _, model = name.partition("/")
    row = table.get(name)
    if row is None and model:
        row = table.get(model)
        if row is not None and row.get("litellm_provider") != provider:
            row = None
    return dict(row or {})


def is_bare_name(name: str) -> bool:
    """Whether the table has the name as it stands, without a provider: ``gpt-4o-mini``."""
    return "/" not in name and name in _table()


def profile_from(card: dict[str, Any]) -> ModelProfile:
    """The profile that a row tells of; the guesses of `ModelProfile` where it is silent.

    The window is the longest prompt: a completion is taken out of it in most models, and in none is a
    prompt and completion of this size refused.
    """
    window = _size(card, "max_input_tokens") or _size(card, "max_tokens")
    longest = _size(card, "max_output_tokens") or _size(card, "max_tokens")
    native = {
        name
        for name, key in (("tools", "supports_function_calling"), ("schema", "supports_response_schema"))
        if card.get(key)
    }
    profile = ModelProfile(reasons=bool(card.get("supports_reasoning")), native=frozenset(native))
    window = window or DEFAULT_WINDOW
    return profile.corrected({"window": window, "longest": min(longest or profile.longest, window)})


def price_from(card: dict[str, Any]) -> Price | None:
    """The row's price, with that of cached prompts and of longer prompts; ``None`` where it has none."""
    rates = _rates(card, "")
    if rates is None:
        return None
    tiers = []
    for above in _TIERS:
        tier = _rates(card, f"_above_{above // 1000}k_tokens", rates)
        if tier is not None:
            tiers.append(Rates(above, *tier))
    return Price(*rates, tuple(tiers))


def _rates(
    card: dict[str, Any], suffix: str, base: tuple[float, float, float | None] | None = None
) -> tuple[float, float, float | None] | None:
    prompt, completion = card.get(f"input_cost_per_token{suffix}"), card.get(f"output_cost_per_token{suffix}")
    if base is not None and prompt is None and completion is None:
        return None
    if base is None and (prompt is None or completion is None):
        return None
    cached = card.get(f"cache_read_input_token_cost{suffix}")
    first = base[0] if prompt is None and base else _million(prompt)
    second = base[1] if completion is None and base else _million(completion)
    third = (base[2] if base else None) if cached is None else _million(cached)
    return first, second, third


def _million(rate: Any) -> float:
    """USD for a million tokens, without the noise of the multiplication."""
    return round(float(rate) * 1e6, 9)


def _size(card: dict[str, Any], name: str) -> int | None:
    value = card.get(name)
    return int(value) if isinstance(value, int | float) and value > 0 else None
