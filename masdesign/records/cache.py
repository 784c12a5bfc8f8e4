"""Completions that are remembered: in a file, or on a server that many people share."""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

from masdesign.errors import InputError, InternalFault
from masdesign.records.cache_file import File
from masdesign.records.home import Home, Row
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, ToolCall, Usage
from masdesign.utf8 import utf8

FLUSH_SECONDS = 0.2
"""The longest that a completion waits for its commit."""
FLUSH_ROWS = 500
"""Number of waiting completions that are committed at once, without waiting longer."""

RECENT = 50_000
"""Completions that were read lately and are kept at hand: a search asks for the same ones again and again."""

_REQUEST_FIELDS = ("temperature", "max_tokens", "stop", "sample", "world")


class Cache:
    """Completions by `cache_key`.

    `put` returns at once; a background thread commits in groups, so a process killed at any
    moment loses at most the last ``FLUSH_SECONDS``, and never harms what was committed. Several
    processes may use one place; of two completions of one key, the first committed stays.

    >>> from masdesign.types import Message
    >>> with Cache.memory() as cache:
    ...     cache.put("k", Request((Message("user", "2 + 2 ="),)), Completion("4"))
    ...     cache.get("k").text
    '4'
    """

    def __init__(self, place: str | Path) -> None:
        """Open a file, made with its folder where missing, or a PostgreSQL database by its URL.

        Raises `InputError`, without the URL's password.
        """
        home = _home(str(place))
        try:
            home.open()
        except home.errors as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise InputError(f"cache {home.shown} cannot be used ({reason}); {home.cure}") from None
        self._begin(home)

    @classmethod
    def at(cls, place: Path | str | None) -> Cache:
        """The cache at a place; one that lives as long as the object where there is none."""
        return cls.memory() if place is None else cls(place)

    @classmethod
    def memory(cls) -> Cache:
        """A cache that lives as long as the object."""
        cache, home = cls.__new__(cls), File(":memory:")
        home.open()
        cache._begin(home)
        return cache

    def _begin(self, home: Home) -> None:
        self._home, self.shown = home, home.shown
        self._in_memory = home.shown == ":memory:"  # then what is put stays in _pending
        self._open = True
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._pending: dict[str, Row] = {}
        self._recent: dict[str, Completion] = {}
        self._wake = threading.Condition()  # guards _pending and _closing
        self._closing = False
        self._thread: threading.Thread | None = None
        atexit.register(self.close)

    def get(self, key: str) -> Completion | None:
        """The completion under ``key``, or ``None``."""
        row = self._pending.get(key)
        if row is not None:
            return _completion(row[3:])
        if self._in_memory:  # all there is was in _pending: no question to SQLite, which hands the GIL away
            self._checked()
            return None
        with self._reading:
            home = self._checked()
            if key in self._recent:
                return self._recent[key]
            with self._guarded("read"):
                entry = home.find(key)
                return None if entry is None else self._remember(key, _completion(entry))

    @contextmanager
    def _guarded(self, what: str) -> Iterator[Home]:
        """Say where a damaged cache lies; what it holds is nobody's answer."""
        home = self._checked()
        try:
            yield home
        except Exception as error:
            if not isinstance(error, (TypeError, ValueError, *home.errors)):
                raise
            words = " ".join(str(getattr(error, "orig", None) or error).split())
            cure = "restore it, or name another cache"
            raise InternalFault(f"cache {self.shown} cannot be {what} ({words}); {cure}") from error

    def _remember(self, key: str, completion: Completion) -> Completion:
        if len(self._recent) >= RECENT:
            self._recent.clear()
        self._recent[key] = completion
        return completion

    def put(self, key: str, request: Request, completion: Completion) -> None:
        """Remember ``completion``; it is kept for good within ``FLUSH_SECONDS``, or after `flush`."""
        usage = completion.usage
        row = (
            *(key, request.model, _request_json(request), utf8(completion.text)),
            *(usage.prompt_tokens, usage.completion_tokens, usage.usd, completion.finish, _extra(completion)),
        )
        with self._wake:
            self._checked()
            self._pending.setdefault(key, row)
            if self._in_memory:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_behind, name="cache", daemon=True)
                self._thread.start()
            if len(self._pending) == 1 or len(self._pending) >= FLUSH_ROWS:
                self._wake.notify()

    def note_model(
        self, model: str, window: int, price: Price | None, profile: Mapping[str, Any] | None = None
    ) -> None:
        """Remember what a replay must know of a model: window, price, and what of its profile is JSON."""
        value = None if price is None else str(price)
        with self._writing, self._guarded("written") as home:
            home.note_model(model, window, value, json.dumps(profile) if profile else "")

    def models(self) -> dict[str, tuple[int, Price | None]]:
        """Window and price of every model that was asked through this cache, by its id."""
        with self._reading, self._guarded("read") as home:
            rows = home.models()
        return {model: (window, Price.parse(price) if price else None) for model, window, price, _ in rows}

    def profile(self, model: str) -> dict[str, Any]:
        """What `note_model` was told of a model's profile; empty where that was nothing."""
        with self._reading, self._guarded("read") as home:
            rows = home.models()
        return next((json.loads(row[3]) for row in rows if row[0] == model and row[3]), {})

    def __len__(self) -> int:
        """How many completions it holds; flushes first."""
        self.flush()
        with self._reading:
            return self._checked().count() + len(self._pending)

    def flush(self) -> None:
        """Commit what waits; raises `InputError` where it cannot be written."""
        try:
            self._commit()
        except self._home.errors as error:
            words = " ".join(str(getattr(error, "orig", None) or error).split())
            cure = "make room on its disk" if "full" in words or "space" in words else self._home.cure
            raise InputError(f"cache {self.shown} cannot be written ({words}); {cure}") from None

    def close(self) -> None:
        """Flush and close; again does nothing."""
        if not self._open:
            return
        atexit.unregister(self.close)
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        try:
            self.flush()
        finally:
            self._open = False
            self._home.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _checked(self) -> Home:
        if not self._open:
            raise InputError(f"cache {self.shown} is closed; open it again")
        return self._home

    def _write_behind(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing or self._pending)
                if not self._closing:
                    self._wake.wait_for(self._is_due, FLUSH_SECONDS)
                if self._closing:
                    return  # close() commits the rest, and reports what goes wrong
            try:
                self._commit()
            except self._home.errors:
                # Kept and tried again; close() raises if it still fails.
                with self._wake:
                    self._wake.wait_for(lambda: self._closing, FLUSH_SECONDS)

    def _is_due(self) -> bool:
        return self._closing or len(self._pending) >= FLUSH_ROWS

    def _commit(self) -> None:
        with self._wake:
            rows = list(self._pending.values())
        if not rows or self._in_memory:
            return
        with self._writing:
            self._checked().keep([_sealed(row) for row in rows])
        with self._wake:
            for row in rows:
                self._pending.pop(row[0], None)


def _home(place: str) -> Home:
    if "://" not in place:
        return File(place)
    from masdesign.records.cache_server import DatabaseHome

    return DatabaseHome(place)


def _request_json(request: Request) -> str:
    value = {name: getattr(request, name) for name in _REQUEST_FIELDS}
    value["messages"] = [[message.role, message.content] for message in request.messages]
    return json.dumps(value)


def _sealed(row: Row) -> Row:
    """The row with a checksum: SQLite keeps none, and a flipped bit in a reply would be another answer."""
    more = json.loads(row[8]) if row[8] else {}
    return (*row[:8], json.dumps({**more, "crc": _checksum(row[3:8], more)}))


def _checksum(values: tuple[Any, ...], more: dict[str, Any]) -> int:
    text, prompt, completion, usd, finish = values
    return crc32(repr((text, prompt, completion, float(usd), finish, json.dumps(more))).encode())


def _completion(row: tuple[Any, ...]) -> Completion:
    text, prompt, completion, usd, finish, extra = row
    more = json.loads(extra) if extra else {}
    crc = more.pop("crc", None)  # rows of earlier versions have none
    if crc is not None and crc != _checksum(row[:5], more):
        raise ValueError("a completion is not what was written")
    calls = tuple(ToolCall(*call) for call in more.get("tool_calls", ()))
    usage = Usage(prompt, completion, usd, more.get("reasoning_tokens", 0))
    return Completion(text, usage, finish, more.get("reasoning", ""), calls)


def _extra(completion: Completion) -> str:
    """What a completion holds beside its text, as JSON in ASCII; empty where that is nothing."""
    more: dict[str, Any] = {}
    if completion.reasoning:
        more["reasoning"] = completion.reasoning
    if completion.usage.reasoning_tokens:
        more["reasoning_tokens"] = completion.usage.reasoning_tokens
    if completion.tool_calls:
        more["tool_calls"] = [[call.name, call.arguments, call.id] for call in completion.tool_calls]
    return json.dumps(more) if more else ""
