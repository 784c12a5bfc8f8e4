"""Every other vendor, through LiteLLM."""

import os

from masdesign.errors import CredentialsError, InputError
from masdesign.lm.cards import card_of, is_bare_name, price_from, profile_from, providers
from masdesign.lm.chat.faults import Source
from masdesign.lm.chat.model import ChatModel
from masdesign.lm.chat.through_litellm import LiteLLMEndpoint, checked_keys, needs_key
from masdesign.lm.profile import ModelProfile
from masdesign.lm.providers.openai import THINKING_TIMEOUT, USUAL_TIMEOUT
from masdesign.lm.spec import ModelSpec
from masdesign.public import public_host

_ALIKE = (
    "anthropic", "cerebras", "cohere", "dashscope", "deepinfra", "deepseek", "gemini", "groq", "mistral",
    "moonshot", "novita", "openrouter", "sambanova", "voyage", "xai",
)  # fmt: skip
KEYS = {
    **{provider: f"{provider.upper()}_API_KEY" for provider in _ALIKE},
    "cohere_chat": "COHERE_API_KEY",
    "perplexity": "PERPLEXITYAI_API_KEY",
    "together_ai": "TOGETHERAI_API_KEY",
}
"""Providers with one key, so that a missing one is told without LiteLLM's import."""
KEYLESS = frozenset({"ollama", "ollama_chat", "hosted_vllm", "lm_studio", "llamafile", "openai_like"})
_OTHER_NAMES = {"GEMINI_API_KEY": ("GOOGLE_API_KEY",), "TOGETHERAI_API_KEY": ("TOGETHER_API_KEY",)}


def endpoint_of(spec: ModelSpec) -> tuple[LiteLLMEndpoint, ModelProfile]:
    """The spec's vendor, and what is known of the model before it is asked.

    Raises:
        InputError: LiteLLM knows no such provider.
        CredentialsError: the environment lacks the key.
    """
    keys = _keys(spec)
    profile = profile_from(card_of(spec.model)).corrected(spec.profile)
    timeout = spec.limits.get("timeout", THINKING_TIMEOUT if profile.reasons else USUAL_TIMEOUT)
    at = f"@{public_host(spec.base_url)}" if spec.base_url else ""
    source = Source(spec.model + at, keys)
    sent = (spec.key_env,) if spec.key_env else keys if spec.base_url else ()
    return LiteLLMEndpoint(
        spec.model, source, base_url=spec.base_url, key_names=sent, timeout=timeout
    ), profile


def open_chat(spec: ModelSpec, options: dict[str, object]) -> ChatModel:
    """The chat model of a spec; ``options`` are sent with every call."""
    endpoint, profile = endpoint_of(spec)
    card = card_of(spec.model)
    return ChatModel(
        endpoint,
        spec.model,
        profile.corrected({}, int(spec.draw.get("max_tokens", 0))),
        price=spec.price or price_from(card),
        options=options,
        known=bool(card) or "reasons" in spec.profile or "longest" in spec.profile,
    )


def _keys(spec: ModelSpec) -> tuple[str, ...]:
    """Names of the model's keys; LiteLLM is imported only where its name leaves it open."""
    provider = spec.model.partition("/")[0] if "/" in spec.model else ""
    if spec.key_env:
        keys: tuple[str, ...] = (spec.key_env,)
    elif provider in KEYLESS:
        return (f"{provider.upper()}_API_KEY",)
    elif provider in KEYS and provider in providers() | set(KEYS):
        keys = (KEYS[provider], *_OTHER_NAMES.get(KEYS[provider], ()))
    elif is_bare_name(spec.model) and str(card_of(spec.model).get("litellm_provider")) == "openai":
        keys = ("OPENAI_API_KEY",)
    else:
        try:
            keys = checked_keys(spec.model)
        except InputError:
            if not spec.base_url:
                raise
            raise InputError(
                f"model {spec.model!r} names no provider; a server that speaks OpenAI's protocol is asked as "
                f"openai/{spec.model}"
            ) from None
        if not spec.base_url:
            needs_key(spec.model)
        return keys
    if not spec.base_url and not any(os.environ.get(key) for key in keys):
        raise CredentialsError(f"model {spec.model!r} needs a key: set {keys[0]} in the environment")
    return keys
