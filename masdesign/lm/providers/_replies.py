"""Recorded replies in a file of JSON lines: which reply a model gave to which question, asked in which way.

A line has a ``question`` (or ``prompt``), where there are any its ``options`` (or ``choices``) and
``context``, and the replies, in one of these layouts:

| layout | a line holds |
|---|---|
| a field a model | ``"MODEL": REPLIES`` |
| all models in one | ``"replies": {"MODEL": REPLIES, …}`` |
| a line a reply | ``"model": "MODEL", "reply": TEXT`` |

A line of one reply may say its ``kind``, ``prompt_tokens`` and ``completion_tokens``; several are samples.

``REPLIES`` is a text, several (samples), an object with the text as ``solution``, or an object of these by
the kind of prompt (``{"chain_of_thought": …, "direct": …}``). Where the kind is not said, a reply stands for
both. Whatever else is in a line is not kept: what is right, and whether a reply was, is out of reach.

Episodes of an agent, recorded in a file: what it wrote and called at each turn, offline.

The file is a JSON list as tau-bench publishes it (arXiv:2406.12045): of each episode its ``task_id``,
``trial`` and ``traj``, a list of chat messages with native tool calls. Rewards and right actions
are not kept.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from masdesign.errors import InputError, NotPlayable
from masdesign.lm.profile import ModelProfile
from masdesign.lm.protocol import Repertoire
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, ToolCall, Usage

KINDS = ("chain_of_thought", "direct")
"""Kinds of prompt that a recorded model may have been asked with."""
_FORM = "give recorded:PATH#COLUMN"
_LABELS = frozenset(
    {"question", "prompt", "input", "answer", "answers", "answerKey", "target", "targets", "label", "labels",
     "ground_truth", "gold", "canonical_solution", "test", "entry_point", "id", "category", "model", "reply"}
)  # fmt: skip
"""Fields that are no model's, whatever text they hold."""
_OWN_LETTER = re.compile(r"\(?[A-Za-z][.):]\s+|\([A-Za-z]\)\s*")

Key = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Question, options and passages, each in one form for all spellings."""


@dataclass(frozen=True, slots=True)
class RecordedText:
    """One reply; tokens are ``None`` where they were not recorded."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    last_line: str = ""
    """How a whole reply's last line begins, where that is known: one that lacks it was cut."""


Samples = Mapping[str, tuple[RecordedText, ...]]
"""The replies to one question by the kind of prompt, each a sample."""


def key_of(question: str, options: Iterable[str] = (), context: Iterable[str] = ()) -> Key:
    """What a question is found by, whatever its case and spacing, and whether its options have letters.

    >>> key_of("Which?", ("(A) Red", "(B) blue")) == key_of("which?", ("red", "Blue"))
    True
    """
    shown = list(options)
    if shown and all(_OWN_LETTER.match(option) for option in shown):
        shown = [_OWN_LETTER.sub("", option, count=1) for option in shown]
    return _fold(question), tuple(map(_fold, shown)), tuple(map(_fold, context))


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def read_replies(path: Path, model: str) -> dict[Key, Samples]:
    """A model's replies by what was asked; nothing else of the file is kept.

    Raises:
        InputError: it is no such file, or has no replies of this model; one line with its place.
    """
    replies: dict[Key, Samples] = {}
    for where, row in _rows(path):
        question = next((row[n] for n in ("question", "prompt") if isinstance(row.get(n), str)), None)
        if question is None:
            raise InputError(f"{where}: no question; {_FORM} of a file of recorded solutions")
        key = key_of(question, _texts(row, "options", "choices"), _texts(row, "context"))
        samples = _one_reply(row, model) if _is_one_reply(row) else _samples(_cell(where, row, model))
        if samples is None:
            continue
        if key in replies:
            if not _is_one_reply(row):
                raise InputError(f"{where}: the question stands in the file twice; leave one out")
            samples = _join(replies[key], samples)
        replies[key] = samples
    if not replies:
        held = f"no replies of {model!r}" if path.stat().st_size else "is empty"
        raise InputError(f"{path} {held}; {_FORM} of a file of recorded solutions")
    return replies


def _is_one_reply(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("model"), str) and isinstance(row.get("reply"), str)


def _one_reply(row: Mapping[str, Any], model: str) -> Samples | None:
    """The reply of a line that holds one; ``None`` where it is another model's."""
    if row["model"] != model:
        return None
    sent, had = (_count(row.get(f"{part}_tokens")) for part in ("prompt", "completion"))
    reply = (RecordedText(row["reply"].strip(), sent, had),)
    kind = row.get("kind")
    return {kind: reply} if kind in KINDS else dict.fromkeys(KINDS, reply)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _join(first: Samples, second: Samples) -> Samples:
    return {kind: (*first.get(kind, ()), *second.get(kind, ())) for kind in {**first, **second}}


def _cell(where: str, row: Mapping[str, Any], model: str) -> Any:
    """What a line holds of a model."""
    inner = row.get("replies")
    cells = inner if isinstance(inner, dict) else {k: v for k, v in row.items() if k not in _LABELS}
    if _samples(cells.get(model)) is None:
        wrong = f"no solutions of {model!r}" if model else "which model is not said"
        names = [name for name, value in cells.items() if _samples(value) is not None]
        raise InputError(f"{where}: {wrong}; {_FORM} with one of {', '.join(names) or '(none is there)'}")
    return cells[model]


def _samples(cell: Any) -> Samples | None:
    """The replies of a cell by kind of prompt; ``None`` where it holds none."""
    if isinstance(cell, dict) and set(cell) & set(KINDS):
        by_kind = {kind: _list_replies(cell[kind]) for kind in KINDS if kind in cell}
        return by_kind if all(by_kind.values()) else None  # type: ignore[return-value]
    listed = _list_replies(cell)
    return dict.fromkeys(KINDS, listed) if listed else None


def _list_replies(cell: Any) -> tuple[RecordedText, ...] | None:
    if isinstance(cell, dict) and isinstance(cell.get("solution"), str):
        return (RecordedText(cell["solution"].strip(), last_line="A:"),)
    texts = [cell] if isinstance(cell, str) else cell
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        return None
    return tuple(RecordedText(text.strip("\n").rstrip()) for text in texts)


def _texts(row: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    value = next((row[name] for name in names if row.get(name)), ())
    return tuple(map(str, [value] if isinstance(value, str) else value))


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"recorded solutions {path} cannot be read ({why}); {_FORM}") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: not a JSON object; {_FORM} of a .jsonl file")
        yield f"{path}, line {number}", row


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
