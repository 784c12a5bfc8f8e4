"""The model of the harness: the same answer to the same request, wrong at times; it fails when told to."""

import hashlib
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from masdesign.testing.modes import MODES, Reply, ServerCall, fails, says
from masdesign.testing.server import serving

TRANSIENT = (
    "error_finish",
    "error_choice",
    "error_body",
    "empty",
    "no_choices",
    "no_json",
    "rate_limit_ms",
    "server_error",
    "overloaded",
    "loading",
    "drops",
    "wild_usage",
    "only_reasoning",
)
"""Modes of the conformance server that fail once and then answer."""
STATUSES = (408, 500, 502, 504, 520, 522, 529)
"""Statuses of gateways and of servers in trouble, each with a page of HTML."""


@dataclass
class ChaosModel:
    """A server's behaviour, which events change while it serves."""

    rng: random.Random
    url: str = ""
    """Base URL of its server."""
    key: str = ""
    """The API key of the search that it answers."""
    share: float = 0.0
    """Share of the requests that fail, 0 to 1."""
    down: bool = False
    """Whether every request is refused with status 503."""
    answered: int = 0
    """Requests that were answered."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: ServerCall) -> Reply:
        """Answer, or fail as asked."""
        if self.down:
            return fails(503, "the service is down")
        call.answer = noisy_sum(call.prompt, float(call.body.get("temperature") or 0.0))
        answer = Reply(says(call))
        with self.lock:
            failing = self.rng.random() < self.share
            fault = self.rng.choice((*TRANSIENT, *STATUSES))
            if not failing:
                self.answered += 1
        call.seen = 0  # a mode that fails once fails whenever it is drawn
        if not failing:
            return answer
        if isinstance(fault, int):
            return Reply("<html>Try again.</html>", fault, {"content-type": "text/html"})
        return MODES[fault](call)


def noisy_sum(prompt: str, temperature: float) -> str:
    """Return the sum of the first problem in a prompt, wrong for two fifths of all prompts.

    >>> noisy_sum("Problem: (3) 2 + 40 + 1 =", 0.0) == noisy_sum("Problem: (3) 2 + 40 + 1 =", 0.0)
    True
    """
    digest = hashlib.sha256(f"{prompt} {temperature}".encode()).digest()
    if "Verdict:" in prompt:
        return f"Verdict: {'right' if digest[0] % 2 else 'wrong'}"
    if "Choice:" in prompt:
        return "Choice: 1"
    terms = re.search(r"\) (\d+) \+ (\d+) \+ (\d+) =", prompt)
    total = sum(map(int, terms.groups())) if terms else 0
    return f"Answer: {total + (digest[1] % 7 if digest[0] % 5 < 2 else 0)}"


@contextmanager
def chaos_server() -> Iterator[Callable[[str, random.Random], ChaosModel]]:
    """A server, for as long as the ``with`` lasts; yields what makes the model of one search, by its API key.

    All searches ask one URL, which is part of what their archives hold.
    """
    models: dict[str, ChaosModel] = {}

    def answer(call: ServerCall) -> Reply:
        return models[call.headers["authorization"].removeprefix("Bearer ")](call)

    with serving(answer) as server:

        def add(key: str, rng: random.Random) -> ChaosModel:
            return models.setdefault(key, ChaosModel(rng, server.url, key))

        yield add
