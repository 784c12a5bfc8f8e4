"""What an HTTP error of a provider means: one place decides whose fault it is.

Where payloads go.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from masdesign.errors import (
    AccountEmpty,
    ContextOverflow,
    CredentialsError,
    LMError,
    ProviderError,
    Refused,
    UnknownModel,
)
from masdesign.public import SHORTEST, redact

EXCERPT = 300
"""Characters of a provider's own words in a message."""

_EMPTY = re.compile(
    r"insufficient[_ ]?(quota|balance|credit|funds)|credit balance is too low|out of credits?|arrearage|"
    r"billing_(hard_limit|not_active)|specified API usage limits|spend(ing)? limit|"
    r"(any|enough|sufficient) credits",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content[_ ](filter|policy|management)|responsibleai|flagged|moderation|safety (system|filter)|"
    r"prohibited[_ ]content|data_inspection_failed|usage polic",
    re.IGNORECASE,
)
_OVERFLOW = re.compile(
    r"context[_ ](length|window|size)|maximum context|exceed_context|prompt is too long|input is too long|"
    r"too many (input )?tokens|reduce (the|your) (length|prompt)|string_above_max_length|"
    r"input token count .*exceeds|range of input length|model token limit|exceeds the limit of \d+ tokens",
    re.IGNORECASE,
)
_HTML = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class ServerAnswer:
    """What a server answered: status, headers in lower case, and body, decoded where it is JSON."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Who answered, for messages: the model's id, the names of its keys, and what must never be shown."""

    model: str
    key_names: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def shown(self, text: str) -> str:
        """``text`` on one line, short, and without secrets."""
        keys = (os.environ.get(name, "").strip() for name in self.key_names)
        return redact(text, (*self.secrets, *(key for key in keys if len(key) >= SHORTEST)))[:EXCERPT]


@dataclass(frozen=True)
class Complaint:
    """A provider's error object, whatever its form."""

    message: str
    code: str = ""
    param: str = ""

    @classmethod
    def of(cls, data: Any) -> Complaint:
        """Read ``{"error": {…}}``, ``{"error": "…"}``, ``{"detail": …}``, ``{"message": …}`` or text.

        >>> Complaint.of([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down"}}])
        Complaint(message='slow down', code='429 RESOURCE_EXHAUSTED', param='')
        """
        while isinstance(data, list) and data:
            data = data[0]
        body = data.get("error", data) if isinstance(data, dict) else data
        if not isinstance(body, dict):
            text = str(body if body is not None else "")
            return cls(" ".join(_HTML.sub(" ", text).split()) if text.lstrip().startswith("<") else text)
        inner = body.get("message") or body.get("detail") or body.get("error") or body.get("msg") or body
        names = (str(body[name]) for name in ("code", "type", "status") if body.get(name))
        return cls(str(inner), " ".join(dict.fromkeys(names)), str(body.get("param") or ""))


def fault(answer: ServerAnswer, source: Source) -> LMError:
    """The error that an answer with an HTTP status of 300 or more, or with an error object, is."""
    complaint = Complaint.of(answer.data)
    whole = f"{complaint.code} {complaint.message}"
    status = answer.status
    says = f"model {source.model!r}: HTTP {status}: {source.shown(complaint.message) or 'no reason given'}"
    if status == 402 or _EMPTY.search(whole):
        return AccountEmpty(f"model {source.model!r}: the account has no credit (HTTP {status}); top it up")
    if status == 429:
        wait = retry_after(answer.headers, answer.data)
        return ProviderError(says, kind="rate_limit", retry_after=wait)
    if status == 451 or (400 <= status < 500 and _FILTER.search(whole)):
        return Refused(says)
    if status in (401, 403):
        return _refused_key(status, source, complaint)
    if status >= 500 or status in (408, 409, 425, 499):
        kind = "timeout" if status in (408, 504, 524) else "unavailable" if status in (502, 503) else "server"
        return ProviderError(says, kind=kind, retry_after=retry_after(answer.headers, answer.data))
    if status == 413 or _OVERFLOW.search(whole):
        return ContextOverflow(f"the prompt does not fit the window of {source.model}; shorten it")
    if status in (404, 405) or status < 400:
        return UnknownModel(f"{says}; check the name of the model and the base URL, which mostly ends in /v1")
    return Refused(says)


def _refused_key(status: int, source: Source, complaint: Complaint) -> CredentialsError:
    names = " or ".join(source.key_names) or "the provider's key"
    says = ": ".join(filter(None, (f"HTTP {status}", source.shown(complaint.message))))
    return CredentialsError(
        f"model {source.model!r}: the provider refused the key ({says}); set {names} to a valid key"
    )


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)(?![a-z])", re.IGNORECASE)
_AGAIN = re.compile(
    r"(?:try again|retry)\w* (?:in|after) ((?:\d+(?:\.\d+)?\s*(?:ms|s|m|h)?(?:ec|in)?\w*\s*)+)", re.IGNORECASE
)


def retry_after(headers: Mapping[str, str], body: Any = None, *, now: float | None = None) -> float | None:
    """Seconds to wait, or ``None`` where nothing sensible is said.

    Read are ``retry-after-ms``, ``retry-after`` (seconds, a span, or a date: RFC 9110, section 10.2.3, or ISO
    8601), ``retry_after`` and Google's ``retryDelay`` in the body, "try again in 1.5s" in its message, and
    the reset headers of an exhausted limit. What is not finite says nothing.

    >>> retry_after({"retry-after": "7"}), retry_after({"retry-after-ms": "250"})
    (7.0, 0.25)
    >>> retry_after({"retry-after": "inf"}) is None
    True
    >>> retry_after({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, now=60.0)
    60.0
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    now = time.time() if now is None else now
    if "retry-after" in headers:
        return _wait(headers["retry-after"], now)
    said = _from_body(body, now)
    return said if said is not None else _from_limits(headers, now)


def _wait(value: Any, now: float) -> float | None:
    """Seconds that a value says: a number of them, a span, or a time until which to wait."""
    text = str(value).partition(", ")[0] if re.match(r"\s*\d", str(value)) else str(value)
    seconds = _number(text)
    if seconds is not None:  # a time of this century in seconds or milliseconds is no span
        return max(0.0, (seconds / 1000 if seconds > 1e11 else seconds) - now) if seconds > 1e9 else seconds
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, TypeError, OverflowError):
            return max(0.0, read(text.strip()).timestamp() - now)
    return span(text.removeprefix("PT"))


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def span(text: str) -> float | None:
    """Seconds of a span such as ``6m0s``, ``20ms`` or ``1.5s``.

    >>> span("6m0s"), span("20ms"), span("soon")
    (360.0, 0.02, None)
    """
    parts = _SPAN.findall(text)
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in parts) if parts else None


def _from_body(body: Any, now: float) -> float | None:
    while isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    for table in (error, body):
        if isinstance(table, dict) and isinstance(table.get("retry_after"), int | float | str):
            return _wait(table["retry_after"], now)
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if delay is not None:
            return _wait(delay.get("seconds") if isinstance(delay, dict) else delay, now)
    match = _AGAIN.search(Complaint.of(body).message)
    return _number(match[1].strip()) or span(_short_units(match[1])) if match else None


def _short_units(text: str) -> str:
    """``20 seconds`` as ``20 s``."""
    return re.sub(r"(?i)(ms|s|m|h)(?:ec|in|our|illi)\w*", r"\1", text)


def _from_limits(headers: Mapping[str, str], now: float) -> float | None:
    """The reset of a limit of which nothing remains; of one that does not say what remains, its reset."""
    for kind in ("-requests", "-tokens", ""):
        for vendor in ("x-ratelimit-{}" + kind, f"anthropic-ratelimit{kind}-{{}}", "ratelimit-{}" + kind):
            reset = headers.get(vendor.format("reset"))
            if reset and _number(headers.get(vendor.format("remaining"), "0")) == 0:
                return _wait(reset, now)
    return None


class Endpoint(Protocol):
    """Sends one body and gives what came back, whatever its status.

    **Contract.** `ProviderError` is raised where nothing came back (no connection, a time-out). Nothing is
    sent twice. `aclose` closes only what this endpoint opened.
    """

    source: Source

    async def chat(self, body: Mapping[str, Any]) -> ServerAnswer:
        """A chat completion."""
        ...

    async def embed(self, body: Mapping[str, Any]) -> ServerAnswer:
        """Embeddings."""
        ...

    async def aclose(self) -> None:
        """Close connections; again does nothing."""
        ...
