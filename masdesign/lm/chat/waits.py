"""How long a server asks to be left alone, in each form that servers say it."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

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
