"""What may be shown, stored and sent on: text and addresses without keys, tokens and passwords."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|_PASS$", re.IGNORECASE)
_SECRET_ARGUMENT = (
    r"(?:api[-_]?)?key|(?:access[-_]?|auth[-_]?)?token|(?:client[-_]?)?secret|(?:ssl)?password|passwd|pwd"
)
_SECRET_PART = re.compile(rf"(?i)(?:.*[-_])?(?:{_SECRET_ARGUMENT})=")
_SECRET_OPTION = re.compile(
    r"(?i)(?:.*[-_])?(?:api[-_]?key|(?:access|auth|bearer)[-_]?token|secret|password|passwd|pwd|authorization"
    r"|credentials?)|key|token"
)
SHORTEST = 6
"""Characters of a secret below which it is not looked for: it may be any word."""
_SHAPES = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=_.~-]{6,}"), r"\1 ***"),
    (re.compile(r"\b(sk|pk|gsk|xai|hf)[-_][\w*.-]{6,}"), r"\1-***"),
    (re.compile(r"(:/{1,2})[^/\s'\"]*@"), r"\1***@"),
    (re.compile(rf"(?i)\b({_SECRET_ARGUMENT})=[^&\s'\"]+"), r"\1=***"),
)


def public(text: str, secrets: Iterable[str] = (), environ: Mapping[str, str] | None = None) -> str:
    """``text`` without ``secrets``, the environment's keys and tokens, and what looks like one.

    Of a URL the user, the password and keys in its query go.

    >>> public("postgresql+psycopg://me:p@ss@host/db?sslpassword=x", environ={})
    'postgresql+psycopg://***@host/db?sslpassword=***'
    """
    named = os.environ if environ is None else environ
    hidden = {value for name, value in named.items() if _SECRET_NAME.search(name) and len(value) >= SHORTEST}
    for secret in sorted(hidden.union(secret for secret in secrets if secret), key=len, reverse=True):
        text = text.replace(secret, "***")
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def secrets_in(options: Mapping[str, Any]) -> list[str]:
    """The names, at any depth, under which options hold a key or a password.

    >>> secrets_in({"max_tokens": 9, "extra_headers": {"X-API-Key": "abc"}, "api_key": "abc"})
    ['X-API-Key', 'api_key']
    """
    names: list[str] = []
    for name, value in options.items():
        if isinstance(value, Mapping):
            names += secrets_in(value)
        elif _SECRET_OPTION.fullmatch(str(name)):
            names.append(str(name))
    return names


def redact(text: str, secrets: Iterable[str] = (), environ: Mapping[str, str] | None = None) -> str:
    """As `public`, on one line.

    >>> redact("401 for http://me:pass@host/v1, Authorization: Bearer abcdef", environ={})
    '401 for http://***@host/v1, Authorization: Bearer ***'
    """
    return " ".join(public(text, secrets, environ).split())


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


def public_url(url: str) -> str:
    """A URL that may be shown, stored and asked: without user, password, and keys in its query.

    >>> public_url("http://me:pass@127.0.0.1:8000/v1?token=abc&api-version=2")
    'http://127.0.0.1:8000/v1?api-version=2'
    """
    parts = urlsplit(split_credentials(url)[0])
    kept = (part for part in parts.query.split("&") if not _SECRET_PART.match(part))
    return public(urlunsplit(parts._replace(query="&".join(kept))))


def public_host(url: str) -> str:
    """Host, port and path of a URL: what may be shown and stored.

    >>> public_host("http://me:pass@127.0.0.1:8000/v1/?key=abc")
    '127.0.0.1:8000/v1'
    """
    parts = urlsplit(url)
    return (parts.netloc.rpartition("@")[2] + parts.path).rstrip("/")
