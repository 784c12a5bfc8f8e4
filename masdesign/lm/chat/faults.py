"""What an HTTP error of a provider means: one place decides whose fault it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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
from masdesign.lm.chat.waits import retry_after
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
