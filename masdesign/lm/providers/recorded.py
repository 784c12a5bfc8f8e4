"""Replies of other models, recorded in a file: real completions on a real benchmark, offline.

The layouts of the file are those of `masdesign.lm.providers._replies`: OpenAI's
``example_model_solutions.jsonl`` for GSM8K (K. Cobbe et al. 2021, Training Verifiers to Solve Math Word
Problems, arXiv:2110.14168), published replies of any number of models, or a log of one's own.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from masdesign.errors import NotPlayable
from masdesign.lm.profile import RECORDED, USUAL_LENGTH
from masdesign.lm.protocol import Repertoire
from masdesign.lm.provider import Provider
from masdesign.lm.providers._replies import (
    Key,
    RecordedEpisodes,
    RecordedText,
    Samples,
    holds_episodes,
    key_of,
    read_replies,
)
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, Usage

CHARACTERS_A_TOKEN = 4
"""Characters counted as one token where tokens were not recorded, as is usual for English."""
WINDOW = 2048
"""Tokens of prompt and completion together that models of 2021 could hold; more where the file shows it."""
_WORDS_AROUND = 512
"""Tokens of a prompt beside its question, options and passages, at most."""


class Recorded:
    """Answers with the reply that the model ``column`` gave to the question of the prompt.

    It answers as many samples as were recorded (usually one), and only requests whose `Origin` is a kind of
    prompt that was: none that shows a role or other words, since no model was ever asked so. Everything else
    raises `NotPlayable`. The temperature is not part of the record and does not matter; a world other than 0
    would be another draw, so it is refused above temperature 0.

    A question is found by its text, options and passages, whatever their case and spacing. The reply is as
    it stands, but that a last line ``A: 18`` is written ``Answer: 18``, as the prompt asks. Tokens that were
    not recorded are estimates (`CHARACTERS_A_TOKEN`), USD are those of the ``price`` that the user names.
    """

    def __init__(self, path: str | Path, column: str, *, price: Price | None = None) -> None:
        """Read the file; raises `InputError` where it is no such file, or has no such column."""
        self.path, self.column, self.price = Path(path), column, price
        self._replies = read_replies(self.path, column)
        kinds = frozenset.intersection(*(frozenset(samples) for samples in self._replies.values()))
        draws = min(len(some) for samples in self._replies.values() for some in samples.values())
        self.repertoire = Repertoire(kinds, draws)
        self.window = max(WINDOW, *(_size(key, samples) for key, samples in self._replies.items()))
        every = [reply for samples in self._replies.values() for some in samples.values() for reply in some]
        self._counted_tokens = all(reply.completion_tokens is not None for reply in every)
        longest = max(RECORDED.longest, *(_tokens(reply.text) for reply in every))
        own = longest if longest > USUAL_LENGTH else 0
        self.profile = replace(RECORDED, window=self.window, longest=longest, max_tokens=own)
        self.model = f"{column}@{_revision(self._replies)}"

    @property
    def questions(self) -> int:
        """How many questions it has a reply to."""
        return len(self._replies)

    @property
    def note(self) -> str:
        """Where the replies come from, and what a reader must not take them for."""
        guess = f"tokens are estimates (a token for {CHARACTERS_A_TOKEN} characters); "
        note = (
            f"{self.column}: replays {_count(self.repertoire.draws)} recorded for each of {self.questions} "
            f"questions; {'' if self._counted_tokens else guess}replies do not depend on the prompt's words, "
            "so only routing, cascades and votes are measured honestly"
        )
        if "verification" not in self.column:
            return note
        return (
            f"{note}; a solution of a verification model is itself the best of many (a verifier chose it "
            "among 100 samples, arXiv:2110.14168), of which only the chosen one is counted"
        )

    async def complete(self, request: Request) -> Completion:
        """The recorded reply; raises `NotPlayable`."""
        origin = request.origin
        if origin is None or origin.block not in self.repertoire.templates or not request.messages:
            raise self._missing("such a prompt")
        draws = self.repertoire.draws
        if request.sample >= draws or (request.world and request.temperature):
            which = f"sample {request.sample}" if request.sample >= draws else f"world {request.world}"
            raise self._missing(f"{which}, since each question has {_count(draws)}")
        samples = self._replies.get(key_of(origin.question, origin.choices, origin.context))
        if samples is None:
            shown = " ".join(origin.question.split())[:60]
            raise self._missing(f"the question {shown!r}")
        prompt = request.messages[0].content
        return self._completion(prompt, samples[origin.block][request.sample], request.max_tokens)

    async def aclose(self) -> None:
        """Nothing to close."""

    def _missing(self, what: str) -> NotPlayable:
        kinds = " and ".join(sorted(self.repertoire.templates))
        return NotPlayable(
            f"not recorded: {what}; recorded of {self.column} is {_count(self.repertoire.draws)} to each "
            f"of {self.questions} questions, asked by {kinds} in their own words, without a role, sample 0"
        )

    def _completion(self, prompt: str, reply: RecordedText, max_tokens: int) -> Completion:
        text = reply.text[: max_tokens * CHARACTERS_A_TOKEN]
        whole = len(text) == len(reply.text)
        sent, had = reply.prompt_tokens, reply.completion_tokens if whole else None
        usage = Usage(_tokens(prompt) if sent is None else sent, _tokens(text) if had is None else had)
        if self.price is not None:
            usage = self.price.priced(usage)
        ends = reply.text.rpartition("\n")[2].startswith(reply.last_line)
        return Completion(_as_asked(text), usage, "stop" if whole and ends else "length")


def recorded(name: str, *, price: Price | None = None) -> Recorded | RecordedEpisodes:
    """The model that ``recorded:PATH#COLUMN``, or ``recorded:EPISODES.json``, names. Raises `InputError`."""
    path, _, column = name.removeprefix("recorded:").rpartition("#")
    if not path:
        path, column = column, ""
    if not column and holds_episodes(Path(path)):
        return RecordedEpisodes(Path(path), price=price)
    return Recorded(path, column, price=price)


def _texts(samples: Samples) -> list[str]:
    return [reply.text for replies in samples.values() for reply in replies]


def _size(key: Key, samples: Samples) -> int:
    """Tokens that one question needs at most: its prompt, and its longest reply."""
    question, options, context = key
    shown = len(question) + sum(map(len, options)) + sum(map(len, context))
    recorded = (r.prompt_tokens or 0 for replies in samples.values() for r in replies)
    prompt = max(shown // CHARACTERS_A_TOKEN + _WORDS_AROUND, *recorded)
    return prompt + max(map(_tokens, _texts(samples)))


def _revision(replies: Mapping[Key, Samples]) -> str:
    """8 hex digits over the replies; of one reply to each bare question as in version 0.1."""
    plain = all(not options and not context for _, options, context in replies)
    if plain and all(len(set(_texts(samples))) == 1 for samples in replies.values()):
        text = json.dumps(sorted((key[0], _texts(samples)[0]) for key, samples in replies.items()))
    else:
        by_kind = {k: {kind: [r.text for r in some] for kind, some in s.items()} for k, s in replies.items()}
        text = json.dumps(sorted(map(json.dumps, by_kind.items())))
    return sha256(text.encode()).hexdigest()[:8]


def _count(draws: int) -> str:
    return "one solution" if draws == 1 else f"{draws} solutions"


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_A_TOKEN)


def _as_asked(text: str) -> str:
    r"""The text with its last line as the prompt asks for it.

    >>> _as_asked("16 - 7 = 9\nA: 18")
    '16 - 7 = 9\nAnswer: 18'
    """
    lines, break_, last = text.rpartition("\n")
    return f"{lines}{break_}Answer:{last.removeprefix('A:')}" if last.startswith("A:") else text


PROVIDER = Provider(
    "recorded",
    "recorded:FILE#COLUMN",
    "recorded replies to each question of a benchmark, by a model of the file (GSM8K's "
    "example_model_solutions.jsonl, or JSON lines of question and replies); tokens are estimates where they "
    "are not recorded, prices yours",
    lambda spec, _argument, _hosts: recorded(spec.model, price=spec.price),
    keeps=False,
)
