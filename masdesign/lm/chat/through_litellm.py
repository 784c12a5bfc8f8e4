"""Any vendor that LiteLLM speaks to, as an `Endpoint`. It is imported with the first call, in a thread."""

import asyncio
import functools
import logging
import os
import re
import warnings
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from masdesign.errors import CredentialsError, InputError, ProviderError
from masdesign.lm.chat.faults import ServerAnswer, Source
from masdesign.public import split_credentials

_CLASSES = re.compile(r"^(litellm\.)?(\w+(Error|Exception)(: | - ))+")


class LiteLLMEndpoint:
    """A model by its LiteLLM name. LiteLLM's own retries, cache and dropping of parameters stay off.

    Its clients belong to the whole process, the host program's among them, so none is ever closed here.

    Parameters:
        base_url: in place of the vendor's own.
        key: what is sent where the environment has no key; local servers need none.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        base_url: str = "",
        key_names: tuple[str, ...] = (),
        timeout: float,
    ) -> None:
        base, login = split_credentials(base_url)
        self.source = Source(source.model, source.key_names, (*source.secrets, *login))
        self._name, self._base, self._login = name, base, login
        self._key_names, self._timeout = key_names, timeout

    async def chat(self, body: Mapping[str, Any]) -> ServerAnswer:
        """A chat completion."""
        library = await imported()
        return await self._answer(
            library, library.acompletion(**{**body, **self._arguments(), "drop_params": True})
        )

    async def embed(self, body: Mapping[str, Any]) -> ServerAnswer:
        """Embeddings."""
        library = await imported()
        return await self._answer(library, library.aembedding(**{**body, **self._arguments()}))

    async def aclose(self) -> None:
        """Nothing: LiteLLM's clients are not ours."""

    def _arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self._name,
            "timeout": self._timeout,
            "num_retries": 0,
            "max_retries": 0,
            "caching": False,
            "cache": {"no-cache": True, "no-store": True},
        }
        key = next((os.environ[name] for name in self._key_names if os.environ.get(name)), "")
        if self._base:
            arguments["api_base"] = self._base
            arguments["api_key"] = key or "none"  # the client insists on one; local servers do not
        elif key:
            arguments["api_key"] = key
        if self._login:  # the client refuses them in the URL
            basic = b64encode(":".join(self._login).encode()).decode()
            arguments["extra_headers"] = {"Authorization": f"Basic {basic}"}
        return arguments

    async def _answer(self, library: Any, call: Any) -> ServerAnswer:
        import openai  # its errors are the parents of LiteLLM's

        try:
            reply = await call
        except openai.OpenAIError as error:
            return self._failed(library, error)
        except (ValueError, TypeError, KeyError, AttributeError, OSError, IndexError) as error:
            # LiteLLM's own parsing of a reply that is not what its vendor promised.
            raise ProviderError(self._says(error)) from None
        return ServerAnswer(200, reply.model_dump(), {})

    def _failed(self, library: Any, error: Exception) -> ServerAnswer:
        errors = library.exceptions
        if _is_lost_connection(error):
            raise ProviderError(
                f"model {self.source.model!r}: the connection failed or was cut", kind="connection"
            ) from None
        if isinstance(error, errors.Timeout):
            raise ProviderError(self._says(error), kind="timeout") from None
        if isinstance(error, library.BudgetExceededError):
            raise ProviderError(self._says(error), kind="request") from None
        status = getattr(error, "status_code", None)
        code = "content_filter" if isinstance(error, errors.ContentPolicyViolationError) else ""
        code = "context_length_exceeded" if isinstance(error, errors.ContextWindowExceededError) else code
        body = {"error": {"message": _words(error), "code": code or str(getattr(error, "code", "") or "")}}
        return ServerAnswer(
            status if isinstance(status, int) and status >= 400 else 500, body, _headers(error)
        )

    def _says(self, error: Exception) -> str:
        return f"model {self.source.model!r}: {type(error).__name__}: {self.source.shown(_words(error))}"


def _words(error: Exception) -> str:
    return _CLASSES.sub("", str(getattr(error, "message", "") or error))


def _headers(error: Exception) -> dict[str, str]:
    for holder in (getattr(error, "response", None), error):
        headers = getattr(holder, "headers", None) or getattr(holder, "litellm_response_headers", None)
        if headers:
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}


def _is_lost_connection(error: Exception) -> bool:
    """Whether a client's connection error is behind it: LiteLLM calls those a server's error, and
    what it does not understand a connection's."""
    import openai

    behind: BaseException | None = error
    while behind is not None:
        if type(behind) is openai.APIConnectionError or isinstance(behind, ConnectionError):
            return True
        behind = behind.__cause__ or behind.__context__
    return False


async def imported() -> Any:
    """LiteLLM; where it is new, it is imported in a thread, so that the loop goes on for those seconds."""
    return await asyncio.to_thread(litellm)


def checked_keys(name: str) -> tuple[str, ...]:
    """Names of the keys that a model needs, as LiteLLM says (which imports it).

    Raises:
        InputError: there is no such provider.
    """
    library = litellm()
    try:
        provider = library.get_llm_provider(name)[1]
    except library.exceptions.BadRequestError:
        raise InputError(
            f"model {name!r} is not known; give abacus, or a LiteLLM name with its provider, as "
            "openai/gpt-4o-mini or ollama/llama3; a model of your own needs its plug-in, or the object"
        ) from None
    missing = library.validate_environment(name)["missing_keys"]
    keys = tuple(key for key in missing if not key.endswith(("_API_BASE", "_BASE_URL")))
    return keys or (f"{provider.upper()}_API_KEY",)


def needs_key(name: str) -> None:
    """Raise `CredentialsError` where LiteLLM says that the environment lacks a key."""
    missing = litellm().validate_environment(name)["missing_keys"]
    keys = [key for key in missing if not key.endswith(("_API_BASE", "_BASE_URL"))]
    if keys:
        raise CredentialsError(f"model {name!r} needs a key: set {' and '.join(keys)} in the environment")


@functools.cache
def litellm() -> Any:
    """The library, with what it does on the side switched off. Settings of a host program stay."""
    # Read at import: otherwise it fetches its price table, for up to 8 seconds.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm as library

    # Pydantic builds LiteLLM's types at their first use, also within a call, and warns about them then.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydantic\.")

    library.telemetry = False
    library.suppress_debug_info = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return library
