"""Any vendor, and any OpenAI-compatible server, through LiteLLM."""

from __future__ import annotations

import functools
import logging
import os
import re
import warnings
from base64 import b64encode
from typing import Any

from masdesign.errors import (
    BilledError,
    ContextOverflow,
    CredentialsError,
    InputError,
    LMError,
    ProviderError,
    UnknownModel,
)
from masdesign.public import public_host, redact, split_credentials
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, Usage
from masdesign.utf8 import utf8

DEFAULT_WINDOW = 32_768
"""Context window in tokens, where LiteLLM's table does not know the model."""
DEFAULT_TIMEOUT = 120.0
"""Seconds that a call may take."""
_CLASSES = re.compile(r"^(litellm\.)?(\w+(Error|Exception)(: | - ))+")
_MOST_TOKENS = 10**9  # of one call
_CHARACTERS = 4  # of a token, where a server counts none: designs must not look free
_EXCERPT = 300  # characters of a provider's own words in a message


class LiteLLM:
    """A model by its LiteLLM name: ``openai/gpt-4o-mini``, ``ollama/llama3``, ``hosted_vllm/…``.

    With ``base_url`` the server's host becomes a part of the model's id, since it may serve
    anything under the name; credentials in the URL do not. Sampling parameters that a model does
    not take are left out by LiteLLM. Where a server does not count tokens, one is taken for four characters.
    LiteLLM's retries, cache, telemetry and logging are off.

    Raises `InputError` for a name that LiteLLM does not know, and `CredentialsError` where the
    environment lacks the key. No message and no log holds a key.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        price: str | Price | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self._litellm = _litellm()
        self._name, self._timeout = name, timeout
        self._base_url = base_url
        self._login: tuple[str, ...] = ()
        if base_url is not None:
            self._base_url, self._login = split_credentials(base_url)
        self._key_names = self._check(name, base_url)
        self.model = name if base_url is None else f"{name}@{public_host(base_url)}"
        card = self._card()
        self.window = _window(card)
        self.price = Price.parse(price) if isinstance(price, str) else price or _price(card)

    async def complete(self, request: Request) -> Completion:
        """One call, never repeated."""
        try:
            reply = await self._send(request)
        except _openai().OpenAIError as error:
            raise self._mapped(error) from None
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            # LiteLLM's own parsing of a reply that is not what its vendor promised.
            raise ProviderError(self._says(error)) from None
        return self._completion(reply, request)

    async def aclose(self) -> None:
        """Close the connections of LiteLLM's clients."""
        await self._litellm.close_litellm_async_clients()

    # -- asking

    async def _send(self, request: Request) -> Any:
        return await self._litellm.acompletion(**self._arguments(request))

    def _arguments(self, request: Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self._name,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "timeout": self._timeout,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
            "caching": False,
        }
        if request.stop:
            arguments["stop"] = list(request.stop)
        if self._base_url is not None:
            arguments["api_base"] = self._base_url
            if not any(os.environ.get(name) for name in self._key_names):
                arguments["api_key"] = "none"  # the client insists on one; local servers do not
        if self._login:  # the client refuses them in the URL
            basic = b64encode(":".join(self._login).encode()).decode()
            arguments["extra_headers"] = {"Authorization": f"Basic {basic}"}
        return arguments

    def _usage(self, reply: Any) -> Usage:
        counted = getattr(reply, "usage", None)
        counts = (getattr(counted, "prompt_tokens", 0), getattr(counted, "completion_tokens", 0))
        return self._priced(Usage(*map(_count, counts)))

    def _priced(self, usage: Usage) -> Usage:
        return usage if self.price is None else self.price.priced(usage)

    def _completion(self, reply: Any, request: Request) -> Completion:
        usage = self._usage(reply)
        choices = getattr(reply, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise BilledError(f"{self.model} sent a reply without a message; it is left unscored", usage)
        text = utf8(choices[0].message.content or "")
        if not usage.tokens:
            usage = self._priced(Usage(*_guessed(request, text)))
        return Completion(text, usage, "length" if choices[0].finish_reason == "length" else "stop")

    # -- errors

    def _mapped(self, error: Exception) -> LMError:
        known = self._litellm.exceptions
        says = self._says(error)
        if getattr(error, "status_code", None) in (401, 403):
            return self._refused(error)
        if _lost_connection(error):
            return ProviderError(f"model {self.model!r}: the connection failed or was cut", kind="connection")
        if isinstance(error, known.RateLimitError):
            return ProviderError(says, kind="rate_limit", retry_after=_retry_after(error))
        if isinstance(error, known.Timeout):
            return ProviderError(says, kind="timeout")
        if isinstance(error, known.ContextWindowExceededError):
            return ContextOverflow(f"the prompt does not fit the window of {self.model}; shorten it")
        if isinstance(error, known.NotFoundError):
            return UnknownModel(f"{says}; check the name of the model and the base URL")
        if isinstance(error, known.UnprocessableEntityError | known.BadRequestError):
            return ProviderError(says, kind="request")  # it would fail again
        return ProviderError(says, kind="server", retry_after=_retry_after(error))

    def _refused(self, error: Exception) -> CredentialsError:
        status = getattr(error, "status_code", 401)
        names = " or ".join(self._key_names) or "the provider's key"
        return CredentialsError(
            f"model {self.model!r}: the provider refused the key (HTTP {status}); set {names} to a valid key"
        )

    def _says(self, error: Exception) -> str:
        status = getattr(error, "status_code", None)
        code = f" (HTTP {status})" if status else ""
        words = redact(str(getattr(error, "message", "") or error), self._login)
        words = _CLASSES.sub("", words)[:_EXCERPT]
        return f"model {self.model!r}: {type(error).__name__}{code}: {words}"

    # -- what is known of the model

    def _check(self, name: str, base_url: str | None) -> tuple[str, ...]:
        """The names of the keys that it needs; raises where there is no such provider, or no key."""
        try:
            self._litellm.get_llm_provider(name)
        except self._litellm.exceptions.BadRequestError:
            raise InputError(
                f"model {name!r} is not known; give abacus, or a LiteLLM name with its provider, "
                "as openai/gpt-4o-mini or ollama/llama3"
            ) from None
        missing = self._litellm.validate_environment(name)["missing_keys"]
        keys = tuple(key for key in missing if not key.endswith(("_API_BASE", "_BASE_URL")))
        if keys and base_url is None:
            raise CredentialsError(f"model {name!r} needs a key: set {' and '.join(keys)} in the environment")
        return keys or _default_keys(self._litellm.get_llm_provider(name)[1])

    def _card(self) -> dict[str, Any]:
        table = self._litellm.model_cost
        card = table.get(self._name) or table.get(self._litellm.get_llm_provider(self._name)[0])
        return dict(card or {})


def _count(tokens: int | None) -> int:
    """Tokens as they can be added up and stored: a server may say anything."""
    return max(0, min(int(tokens or 0), _MOST_TOKENS))


def _guessed(request: Request, reply: str) -> tuple[int, int]:
    """Tokens of a prompt and its reply, by their characters."""
    asked = sum(len(message.content) for message in request.messages)
    return -(-asked // _CHARACTERS), -(-len(reply) // _CHARACTERS)


def _default_keys(provider: str) -> tuple[str, ...]:
    return (f"{provider.upper()}_API_KEY",)


def _window(card: dict[str, Any]) -> int:
    prompt, completion = card.get("max_input_tokens"), card.get("max_output_tokens")
    if not isinstance(prompt, int):
        return DEFAULT_WINDOW
    # Some models take their longest prompt and their longest reply together.
    return prompt + completion if isinstance(completion, int) else prompt


def _price(card: dict[str, Any]) -> Price | None:
    prompt, completion = card.get("input_cost_per_token"), card.get("output_cost_per_token")
    if prompt is None or completion is None:
        return None
    return Price(float(prompt) * 1e6, float(completion) * 1e6)


def _retry_after(error: Exception) -> float | None:
    """Seconds of a Retry-After header (a date is not read: the backoff does as well)."""
    for holder in (getattr(error, "response", None), error):
        headers = getattr(holder, "headers", None) or getattr(holder, "litellm_response_headers", None)
        value = headers.get("retry-after") if headers else None
        try:
            if value is not None:
                return max(0.0, float(value))
        except ValueError:
            return None
    return None


def _lost_connection(error: Exception) -> bool:
    """Whether a client's connection error is behind it: LiteLLM calls those a server's error, and
    what it does not understand a connection's."""
    behind: BaseException | None = error
    while behind is not None:
        if type(behind) is _openai().APIConnectionError or isinstance(behind, ConnectionError):
            return True
        behind = behind.__cause__ or behind.__context__
    return False


def _openai() -> Any:
    import openai  # its errors are the parents of LiteLLM's

    return openai


@functools.cache
def _litellm() -> Any:
    """LiteLLM, with all that it does on the side switched off."""
    # Read at import: otherwise it fetches its price table, for up to 8 seconds.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm

    # Pydantic builds LiteLLM's types at their first use, also within a call, and warns about them then.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydantic\.")

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    litellm.num_retries = 0
    litellm.cache = None
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm
