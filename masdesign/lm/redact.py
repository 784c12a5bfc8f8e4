"""Secrets are taken out of whatever a provider's library says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SHAPES = (
    (re.compile(r"(?i)(bearer|basic)\s+[^\s\"',]+"), r"\1 ***"),
    (re.compile(r"\b(sk|pk|gsk|xai|hf)[-_][\w*.-]{6,}"), r"\1-***"),
    (re.compile(r"://[^/@\s]+@"), "://***@"),
    (re.compile(r"(?i)([?&](?:api[-_]?)?(?:key|token)=)[^&\s]+"), r"\1***"),
)


def redact(text: str, secrets: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> str:
    """``text`` on one line, without ``secrets``, without the environment's keys and tokens, and
    without what looks like one.

    >>> redact("401 for http://me:pass@host/v1, Authorization: Bearer abc", environ={})
    '401 for http://***@host/v1, Authorization: Bearer ***'
    """
    hidden = {value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= 6}
    for secret in sorted(hidden.union(secret for secret in secrets if secret), key=len, reverse=True):
        text = text.replace(secret, "***")
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return " ".join(text.split())


def split_credentials(url: str) -> tuple[str, tuple[str, ...]]:
    """A URL without its user and password, and these two as they were.

    >>> split_credentials("http://me:pass@127.0.0.1:8000/v1")
    ('http://127.0.0.1:8000/v1', ('me', 'pass'))
    """
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, ()
    name, _, password = user.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(name), unquote(password))


def public_host(url: str) -> str:
    """Host, port and path of a URL: what may be shown and stored.

    >>> public_host("http://me:pass@127.0.0.1:8000/v1/?key=abc")
    '127.0.0.1:8000/v1'
    """
    parts = urlsplit(url)
    return (parts.netloc.rpartition("@")[2] + parts.path).rstrip("/")
