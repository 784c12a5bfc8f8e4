"""Episodes of an agent, recorded in a file: what it wrote and called at each turn, offline.

The file is a JSON list as tau-bench publishes it (arXiv:2406.12045): of each episode its ``task_id``,
``trial`` and ``traj``, a list of chat messages with native tool calls. Rewards and right actions
are not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from masdesign.errors import InputError, NotPlayable
from masdesign.lm.profile import ModelProfile
from masdesign.lm.repertoire import Repertoire
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, ToolCall, Usage

WINDOW = 128_000
CHARACTERS_A_TOKEN = 4
"""Characters counted as one token, where tokens were not recorded."""
RESPOND = "respond"
"""The tool by which an agent writes to the person whom it serves; the recorded one just wrote."""
TEMPLATES = frozenset({"agent"})
_CASE = re.compile(r"\bCase (\d+\.\d+)\. ")
OVER = "Answer: (the recorded episode ends here)"


@dataclass(frozen=True, slots=True)
class _Turn:
    """A message of the recorded agent, and what it was told before."""

    before: str
    text: str
    calls: tuple[ToolCall, ...]


class RecordedEpisodes:
    """Does at each turn what the recorded agent did, as long as it is told what that was told.

    An episode is recognised by its question, which begins ``Case TASK.TRIAL.``. A message to the person
    served is a call of the tool `RESPOND`. Whatever leaves the record raises `NotPlayable`.
    """

    def __init__(self, path: Path, *, price: Price | None = None) -> None:
        """Read the file; raises `InputError` where it has no episodes."""
        self.price, self.window = price, WINDOW
        self.profile = ModelProfile(WINDOW, native=frozenset({"tools"}))
        self.repertoire = Repertoire(TEMPLATES, draws=1)
        text = _text(path)
        try:
            self._episodes = dict(_episode(entry) for entry in json.loads(text))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise InputError(f"{path} has no recorded episodes of tau-bench ({error!r})") from error
        self.model = f"{path.stem}@{sha256(text.encode()).hexdigest()[:8]}"
        self.note = (
            f"{path.stem} replays one recorded episode to each of {self.questions} cases; its tokens are "
            f"estimates (a token for {CHARACTERS_A_TOKEN} characters)"
        )

    @property
    def questions(self) -> int:
        """How many cases it has an episode of."""
        return len(self._episodes)

    async def complete(self, request: Request) -> Completion:
        """The recorded turn; raises `NotPlayable`."""
        turns = self._episodes.get(_case_of(request))
        if turns is None or request.sample:
            raise NotPlayable("not recorded: such a case; recorded is one episode a case of tau_airline")
        number = sum(message.role == "assistant" for message in request.messages)
        prompt = sum(len(message.content) for message in request.messages)
        if number >= len(turns):
            # While it may still act it says nothing: its words would go to the person whom it serves.
            return self._completion(prompt, "" if request.tools else OVER, ())
        turn = turns[number]
        if number and not request.messages[-1].content.endswith(turn.before):
            raise NotPlayable(f"not recorded: turn {number + 1} after {request.messages[-1].content[:60]!r}")
        return self._completion(prompt, turn.text, turn.calls)

    async def aclose(self) -> None:
        """Nothing to close."""

    def _completion(self, prompt: int, text: str, calls: Sequence[ToolCall]) -> Completion:
        written = len(text) + sum(len(call.arguments) for call in calls)
        usage = Usage(-(-prompt // CHARACTERS_A_TOKEN), -(-written // CHARACTERS_A_TOKEN))
        usage = usage if self.price is None else self.price.priced(usage)
        return Completion(text, usage, "tool" if calls else "stop", tool_calls=tuple(calls))


def holds_episodes(path: Path) -> bool:
    """Whether a file is a JSON list, as one of episodes is; one of solutions has an object a line."""
    return path.suffix == ".json" and _text(path).lstrip().startswith("[")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"recorded episodes {path} cannot be read ({why})") from None


def _case_of(request: Request) -> str:
    """``TASK.TRIAL`` of the question that a conversation begins with; empty where it has none."""
    for message in request.messages:
        if message.role == "assistant":
            break
        if match := _CASE.search(message.content):
            return match[1]
    return ""


def _episode(entry: Mapping[str, Any]) -> tuple[str, list[_Turn]]:
    messages = [message for message in entry["traj"] if message["role"] != "system"]
    return f"{entry['task_id']}.{entry['trial']}", [
        _turn(message, str(before["content"]), number)
        for number, (before, message) in enumerate(pairwise(messages))
        if message["role"] == "assistant"
    ]


def _turn(message: Mapping[str, Any], before: str, number: int) -> _Turn:
    calls = tuple(
        ToolCall(call["function"]["name"], call["function"]["arguments"], call["id"])
        for call in message.get("tool_calls") or ()
    )
    if not calls:
        calls = (ToolCall(RESPOND, json.dumps({"text": message["content"]}), f"respond-{number}"),)
        return _Turn(before, "", calls)
    return _Turn(before, message["content"] or "", calls)
