"""What an HTTP error of a provider means: one place decides whose fault it is."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from masdesign.errors import (
    AccountEmpty,
    ContextOverflow,
    CredentialsError,
    LMError,
    ProviderError,
    Refused,
    UnknownModel,
)
from masdesign.public import redact

EXCERPT = 300
"""Characters of a provider's own words in a message."""

_EMPTY = re.compile(
    r"insufficient[_ ](quota|balance|credit|funds)|credit balance is too low|billing_hard_limit|"
    r"out of credits",
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
    r"input token count .*exceeds",
    re.IGNORECASE,
)


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
    secrets: tuple[str, ...] = ()

    def shown(self, text: str) -> str:
        """``text`` on one line, short, and without secrets."""
        return redact(text, self.secrets)[:EXCERPT]


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
            return cls(str(body if body is not None else ""))
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
        return _refused_key(status, source)
    if status >= 500 or status in (408, 409, 425, 499):
        kind = "timeout" if status in (408, 504, 524) else "server"
        return ProviderError(says, kind=kind, retry_after=retry_after(answer.headers, answer.data))
    if status == 413 or _OVERFLOW.search(whole):
        return ContextOverflow(f"the prompt does not fit the window of {source.model}; shorten it")
    if status in (404, 405) or status < 400:
        return UnknownModel(f"{says}; check the name of the model and the base URL")
    return Refused(says)


def _refused_key(status: int, source: Source) -> CredentialsError:
    names = " or ".join(source.key_names) or "the provider's key"
    return CredentialsError(
        f"model {source.model!r}: the provider refused the key (HTTP {status}); set {names} to a valid key"
    )


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)(?![a-z])")
_AGAIN = re.compile(r"(?:try again|retry) (?:in|after) (\d+(?:\.\d+)?)\s*(ms|s|m)?", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], body: Any = None, *, now: float | None = None) -> float | None:
    """Seconds to wait, or ``None`` where nothing sensible is said.

    Read are ``retry-after-ms``, ``retry-after`` (seconds, or a date: RFC 9110, section 10.2.3), Google's
    ``retryDelay``, "try again in 1.5s" in the message, and the reset headers of an exhausted limit. What is
    not finite says nothing.

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
    header = headers.get("retry-after")
    if header is not None:
        seconds = _number(header)
        return seconds if seconds is not None else _until(header, time.time() if now is None else now)
    return _from_body(body) or _from_limits(headers)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _until(date: str, now: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return span(date)


def span(text: str) -> float | None:
    """Seconds of a span such as ``6m0s``, ``20ms`` or ``1.5s``.

    >>> span("6m0s"), span("20ms"), span("soon")
    (360.0, 0.02, None)
    """
    parts = _SPAN.findall(text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) if parts else None


def _from_body(body: Any) -> float | None:
    while isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and isinstance(detail.get("retryDelay"), str):
            return span(detail["retryDelay"])
    match = _AGAIN.search(str(error.get("message", "")))
    return float(match[1]) * _UNITS[match[2] or "s"] if match else None


def _from_limits(headers: Mapping[str, str]) -> float | None:
    """The reset of a limit of which nothing remains."""
    for kind in ("requests", "tokens"):
        if _number(headers.get(f"x-ratelimit-remaining-{kind}")) == 0:
            return span(headers.get(f"x-ratelimit-reset-{kind}", ""))
    return None
