"""Which model is asked, where, and with which options: one value for command line, file and Python."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from masdesign.errors import InputError
from masdesign.public import public, public_host, public_url, secrets_in
from masdesign.spending.price import Price

LIMITS = frozenset({"rpm", "tpm", "timeout", "concurrency", "slots", "threads", "gpu_layers"})
"""Options that change no reply: requests and tokens a minute, seconds a call, calls at once; of a model on
this machine what it is computed with."""
PROFILE = frozenset({"window", "longest", "reasons", "native", "refuses"})
"""Options that correct what is known of the model (`masdesign.lm.profile.ModelProfile`)."""
DRAW = frozenset(
    {
        *("max_tokens", "temperature", "effort", "system", "extra_body", "top_p", "top_k", "min_p", "seed"),
        *("presence_penalty", "frequency_penalty", "repetition_penalty", "reasoning_effort", "thinking"),
    }
)
"""Well-known options that change a reply. Others are passed on to the server as they are."""
_OURS = {
    "messages": "they are what a design asks",
    "n": "one reply is read",
    "max_completion_tokens": "write max_tokens",
}
"""Members of a request that are no options of a user's, and why."""
_NAMES_IN = {
    "native": ("schema", "tools"),
    "refuses": ("max_tokens", "response_format", "stop", "temperature", "tools"),
}
_CLOSE = 0.8  # similarity at which an option that is not known is taken for a slip of the pen


@dataclass(frozen=True, slots=True, repr=False)
class ModelSpec:
    """A model, the server that it is asked on, and its options.

    Options are of three kinds: ``draw`` change a reply, so they are a part of the model's `id`;
    ``limits`` and ``profile`` do not. `with_options` sorts options by name.

    Raises:
        InputError: the name is empty, the URL is none, or an option has a wrong value.

    >>> ModelSpec("openai/gpt-4o-mini").id
    'openai/gpt-4o-mini'
    >>> ModelSpec("openai/qwen", "http://127.0.0.1:8000/v1").with_options({"top_p": 0.9}).id
    'openai/qwen@127.0.0.1:8000/v1#81078fe6'
    """

    model: str
    """``abacus``, ``recorded:FILE#COLUMN``, ``replay:FILE``, another provider's name, or a LiteLLM name."""
    base_url: str = ""
    """An OpenAI-compatible server. Credentials in it are sent, and neither shown nor stored."""
    key_env: str = ""
    """Name of the environment variable that holds the key; empty: the provider's usual one."""
    price: Price | None = None
    """``None``: as LiteLLM's table says; unknown where it says nothing."""
    draw: Mapping[str, Any] = field(default_factory=dict, hash=False)
    limits: Mapping[str, float] = field(default_factory=dict, hash=False)
    profile: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise InputError(
                "the model's name is empty; give abacus, or a LiteLLM name as openai/gpt-4o-mini"
            )
        object.__setattr__(self, "base_url", checked_url(self.base_url))

    def __repr__(self) -> str:
        return f"ModelSpec({', '.join(f'{name}={value!r}' for name, value in self.public().items())})"

    @classmethod
    def of(cls, value: ModelSpec | str | Mapping[str, Any]) -> ModelSpec:
        """A spec from a spec, a model's name, or a table as a configuration file has it.

        >>> ModelSpec.of({"model": "openai/x", "price": "1/2", "rpm": 60}).limits
        {'rpm': 60.0}
        """
        if isinstance(value, ModelSpec):
            return value
        if isinstance(value, str):
            return cls(value)
        if "model" not in value:
            raise InputError(
                f"a model's table has no 'model' (only {', '.join(value) or 'nothing'}); name it"
            )
        return cls(str(value["model"])).with_options({k: v for k, v in value.items() if k != "model"})

    @property
    def id(self) -> str:
        """``model@host#hash``: what a reply depends on beside the request; without what is not set."""
        at = f"@{public_host(self.base_url)}" if self.base_url else ""
        return self.model + at + self.mark

    @property
    def mark(self) -> str:
        """``#`` and a hash of the options that change a reply; empty where there are none."""
        if not self.draw:
            return ""
        text = json.dumps(dict(self.draw), sort_keys=True, separators=(",", ":"), default=str)
        return f"#{sha256(text.encode('ascii', 'replace')).hexdigest()[:8]}"

    def with_options(self, options: Mapping[str, Any]) -> ModelSpec:
        """The spec with more options, each put where its name belongs.

        Raises:
            InputError: a value is wrong, or a name is close to one that is known.
        """
        whole: dict[str, Any] = {}
        draw, limits, profile = dict(self.draw), dict(self.limits), dict(self.profile)
        for name, value in options.items():
            if name in ("base_url", "key_env"):
                whole[name] = str(value)
            elif name == "price":
                whole[name] = value if value is None or isinstance(value, Price) else Price.parse(str(value))
            elif name in LIMITS:
                limits[name] = _positive(name, value)
            elif name in PROFILE:
                profile[name] = _profile_value(name, value)
            else:
                draw[name] = _draw_value(name, value)
        return replace(self, **whole, draw=draw, limits=limits, profile=profile)

    def public(self) -> dict[str, Any]:
        """What may be shown and stored, as JSON; fields at their defaults are left out. No user, no key."""
        shown: dict[str, Any] = {"model": self.model}
        if self.base_url:
            shown["base_url"] = public_url(self.base_url)
        if self.key_env:
            shown["key_env"] = self.key_env
        if self.price is not None:
            shown["price"] = str(self.price)
        profile = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in self.profile.items()}
        return {**shown, **self.limits, **profile, **self.draw}


def checked_url(text: str) -> str:
    """A base URL without blanks around it; ``""`` stays so.

    Raises:
        InputError: it names no server, or a path below the base.

    >>> checked_url(" http://127.0.0.1:8000/v1\\n")
    'http://127.0.0.1:8000/v1'
    """
    url, shown = text.strip(), public(text.strip())
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and url.split() == [url] and parts.port != 0
    except ValueError:  # a port that is none, or an open bracket
        named = False
    if url and not (named and parts.scheme in ("http", "https")):
        raise InputError(f"base URL {shown!r} is no http(s) URL; write it as http://127.0.0.1:8000/v1")
    if url and parts.path.rstrip("/").endswith("/completions"):
        raise InputError(f"base URL {shown!r} says more than the base; end it before /chat/completions")
    return url


def parse_option(text: str) -> tuple[str, str, Any]:
    """Read ``[NAME.]key=value``: name (``""``: every model), key, value (JSON, else text).

    >>> parse_option("large.effort=high"), parse_option("top_p=0.9")
    (('large', 'effort', 'high'), ('', 'top_p', 0.9))
    """
    path, sign, value = text.partition("=")
    name, _, key = path.strip().rpartition(".")
    if not sign or not key:
        raise InputError(f"model option {text!r} is not [NAME.]OPTION=VALUE, as in large.max_tokens=8192")
    try:
        return name, key, json.loads(value)
    except ValueError:
        return name, key, value.strip()


def _positive(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise InputError(f"model option {name}={value!r} is not a number above 0")
    return float(value)


def _profile_value(name: str, value: Any) -> Any:
    if name == "reasons":
        if not isinstance(value, bool):
            raise InputError(f"model option reasons={value!r} is not true or false")
        return value
    if name in _NAMES_IN:
        return _names(name, value, _NAMES_IN[name])
    return int(_positive(name, value))


def _names(option: str, value: Any, known: tuple[str, ...]) -> frozenset[str]:
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, Iterable):
        raise InputError(f"model option {option}={value!r} is no list; write it as {','.join(known)}")
    names = frozenset(str(part).strip() for part in given if str(part).strip())
    for name in sorted(names.difference(known)):
        raise InputError(f"model option {option} cannot have {name!r}; it can have {', '.join(known)}")
    return names


def _draw_value(name: str, value: Any) -> Any:
    for secret in secrets_in({name: value}):
        raise InputError(
            f"model option {secret} would be kept in the archive; put the key into an environment variable, "
            "and name that: key_env=MY_SERVICE_KEY"
        )
    if name == "max_tokens":
        return int(_positive(name, value))
    for part in (name, *(value if name == "extra_body" and isinstance(value, Mapping) else ())):
        if part in _OURS:
            raise InputError(f"model option {part!r} cannot be set: {_OURS[part]}")
    if name not in DRAW:
        names = sorted(DRAW | LIMITS | PROFILE | {f.name for f in fields(ModelSpec)} - {"draw", "limits"})
        close = difflib.get_close_matches(name, names, 1, _CLOSE)
        if close:
            raise InputError(f"model option {name!r} is not known; did you mean {close[0]!r}?")
    return value
