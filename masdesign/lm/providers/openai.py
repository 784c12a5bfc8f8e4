"""OpenAI, and every server that speaks its protocol, over HTTPX alone."""

import os

from masdesign.errors import CredentialsError
from masdesign.lm.cards import card_of, price_from, profile_from
from masdesign.lm.chat.faults import Source
from masdesign.lm.chat.http import HTTPEndpoint
from masdesign.lm.chat.model import ChatModel
from masdesign.lm.profile import ModelProfile
from masdesign.lm.spec import ModelSpec, checked_url
from masdesign.public import public_host

OFFICIAL = "https://api.openai.com/v1"
KEYS = {
    "openai": ("OPENAI_API_KEY",),
    "hosted_vllm": ("HOSTED_VLLM_API_KEY",),
    "lm_studio": ("LM_STUDIO_API_KEY",),
    "openai_like": ("OPENAI_LIKE_API_KEY",),
    "custom_openai": ("CUSTOM_OPENAI_API_KEY", "OPENAI_API_KEY"),
}
"""Prefixes of LiteLLM names that mean this protocol, and where their keys are."""
THINKING_TIMEOUT, USUAL_TIMEOUT = 600.0, 120.0
"""Seconds that a call may take: of a model that reasons, and of another."""


def speaks(spec: ModelSpec) -> bool:
    """Whether the spec's server is asked this way. ``openai/responses/…`` is another protocol."""
    provider, _, name = spec.model.partition("/")
    if not name or provider not in KEYS or name.startswith(("responses/", "container/")):
        return False
    return provider == "openai" or bool(spec.base_url)


def url_of(spec: ModelSpec) -> str:
    """The base URL of the spec's server."""
    named = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or OFFICIAL
    return spec.base_url or checked_url(named)


def endpoint_of(spec: ModelSpec) -> tuple[HTTPEndpoint, ModelProfile]:
    """The spec's server, and what is known of the model before it is asked.

    Raises:
        CredentialsError: it is OpenAI's own, and the environment has no key.
    """
    provider, _, _ = spec.model.partition("/")
    keys = (spec.key_env,) if spec.key_env else KEYS[provider]
    url = url_of(spec)
    if not any(os.environ.get(key) for key in keys) and (spec.key_env or not spec.base_url):
        raise CredentialsError(f"model {spec.model!r} needs a key: set {keys[0]} in the environment")
    profile = profile_from(card_of(spec.model))
    if url == OFFICIAL and profile.reasons:
        profile = profile.corrected({"refuses": frozenset({"temperature", "stop"})})
    profile = profile.corrected(spec.profile)
    timeout = spec.limits.get("timeout", THINKING_TIMEOUT if profile.reasons else USUAL_TIMEOUT)
    at = f"@{public_host(spec.base_url)}" if spec.base_url else ""
    return HTTPEndpoint(url, Source(spec.model + at, keys), key_names=keys, timeout=timeout), profile


def open_chat(spec: ModelSpec, options: dict[str, object]) -> ChatModel:
    """The chat model of a spec; ``options`` are sent with every call."""
    options.pop("extra_body", None)  # which is no member of the body, but what it holds
    endpoint, profile = endpoint_of(spec)
    card = card_of(spec.model)
    return ChatModel(
        endpoint,
        spec.model.partition("/")[2],
        profile.corrected({}, int(spec.draw.get("max_tokens", 0))),
        price=spec.price or price_from(card),
        options={**options, **spec.draw.get("extra_body", {})},
        known=bool(card) or "reasons" in spec.profile or "longest" in spec.profile,
        renamed=not spec.base_url and profile.reasons,
    )
