"""Solutions of other models, recorded in a file: real completions on a real benchmark, offline.

The file has one JSON object a line: a ``question``, and for each model a field of its own that holds an
object with the model's ``solution``, as OpenAI's ``example_model_solutions.jsonl`` for GSM8K has
(K. Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems, arXiv:2110.14168). Whatever else
stands in a line is not kept: what was right, and whether a solution was, is out of reach.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from masdesign.errors import InputError, NotPlayable
from masdesign.lm.profile import RECORDED
from masdesign.lm.provider import Provider
from masdesign.lm.providers._episodes import RecordedEpisodes, holds_episodes
from masdesign.lm.repertoire import Repertoire
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, Usage

CHARACTERS_A_TOKEN = 4
"""Tokens were not recorded; so many characters are taken for one, as is usual for English."""
WINDOW = 2048
"""Tokens of prompt and completion together that models of that time could hold."""
_FORM = "give recorded:PATH#COLUMN"

TEMPLATES = frozenset({"chain_of_thought", "direct"})
"""Prompts that are taken for the one that the recorded model was asked with."""


class Recorded:
    """Answers with the solution that the model ``column`` gave to the question of the prompt.

    There is one solution a question, so it answers sample 0 alone, and only requests whose `Origin` is one
    of `TEMPLATES`: none that shows a role, other words, passages or options, since no model was ever
    asked so. Everything else raises `NotPlayable`. The temperature is not part of the record and does not
    matter; a world other than 0 would be another draw, so it is refused above temperature 0.

    A question is found by its text, whatever its case and spacing. The reply is the solution as it
    stands, but that its last line ``A: 18`` is written ``Answer: 18``, as the prompt asks. Tokens are
    estimates (`CHARACTERS_A_TOKEN`), USD are those of the ``price`` that the user names.
    """

    def __init__(self, path: str | Path, column: str, *, price: Price | None = None) -> None:
        """Read the file; raises `InputError` where it is no such file, or has no such column."""
        self.path, self.column, self.price = Path(path), column, price
        self.window = WINDOW
        self.profile = replace(RECORDED, window=WINDOW)
        self.repertoire = Repertoire(TEMPLATES, draws=1)
        self._solutions = _read(self.path, column)
        self.model = f"{column}@{_revision(self._solutions)}"

    @property
    def questions(self) -> int:
        """How many questions it has a solution to."""
        return len(self._solutions)

    @property
    def note(self) -> str:
        """Where the replies come from, and what a reader must not take them for."""
        note = (
            f"{self.column} replays one recorded solution to each of {self.questions} questions; "
            f"its tokens are estimates (a token for {CHARACTERS_A_TOKEN} characters)"
        )
        if "verification" not in self.column:
            return note
        return (
            f"{note}; a solution of a verification model is itself the best of many (a verifier chose it "
            "among 100 samples, arXiv:2110.14168), of which only the chosen one is counted"
        )

    async def complete(self, request: Request) -> Completion:
        """The recorded solution; raises `NotPlayable`."""
        question = self._question(request)
        if request.sample or (request.world and request.temperature):
            which = f"sample {request.sample}" if request.sample else f"world {request.world}"
            raise self._missing(f"{which}, since each question has one solution")
        solution = self._solutions.get(_fold(question))
        if solution is None:
            shown = " ".join(question.split())[:60]
            raise self._missing(f"the question {shown!r}")
        prompt = request.messages[0].content
        return self._completion(prompt, solution, request.max_tokens)

    async def aclose(self) -> None:
        """Nothing to close."""

    def _question(self, request: Request) -> str:
        """The question of the request's prompt, where it shows nothing else."""
        if request.origin is None or request.origin.block not in TEMPLATES or not request.messages:
            raise self._missing("such a prompt")
        return request.origin.question

    def _missing(self, what: str) -> NotPlayable:
        names = " and ".join(sorted(TEMPLATES))
        return NotPlayable(
            f"not recorded: {what}; recorded of {self.column} is one solution to each of "
            f"{self.questions} questions, asked by {names} in their own words, without a role, sample 0"
        )

    def _completion(self, prompt: str, solution: str, max_tokens: int) -> Completion:
        text = solution[: max_tokens * CHARACTERS_A_TOKEN]
        usage = Usage(_tokens(prompt), _tokens(text))
        if self.price is not None:
            usage = self.price.priced(usage)
        whole = len(text) == len(solution) and _ends(solution)
        return Completion(_as_asked(text), usage, "stop" if whole else "length")


def recorded(name: str, *, price: Price | None = None) -> Recorded | RecordedEpisodes:
    """The model that ``recorded:PATH#COLUMN``, or ``recorded:EPISODES.json``, names. Raises `InputError`."""
    path, _, column = name.removeprefix("recorded:").rpartition("#")
    if not path:
        path, column = column, ""
    if not column and holds_episodes(Path(path)):
        return RecordedEpisodes(Path(path), price=price)
    return Recorded(path, column, price=price)


def _read(path: Path, column: str) -> dict[str, str]:
    """The column's solutions by their folded questions; nothing else of the file is kept."""
    replies: dict[str, str] = {}
    for number, row in _rows(path):
        where = f"{path}, line {number}"
        question, cell = row.get("question"), row.get(column)
        if not isinstance(question, str):
            raise InputError(f"{where}: no question; {_FORM} of a file of recorded solutions")
        if not isinstance(cell, dict) or not isinstance(cell.get("solution"), str):
            wrong = f"no solutions of {column!r}" if column else "which model is not said"
            names = [name for name, value in row.items() if isinstance(value, dict) and "solution" in value]
            raise InputError(f"{where}: {wrong}; {_FORM} with one of {', '.join(names) or '(none is there)'}")
        if _fold(question) in replies:
            raise InputError(f"{where}: the question stands in the file twice; leave one out")
        replies[_fold(question)] = cell["solution"].strip()
    if not replies:
        raise InputError(f"{path} is empty; {_FORM} of a file of recorded solutions")
    return replies


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
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
        yield number, row


def _fold(question: str) -> str:
    """One form for all spellings of a question."""
    return " ".join(unicodedata.normalize("NFKC", question).casefold().split())


def _revision(solutions: Mapping[str, str]) -> str:
    text = json.dumps(sorted(solutions.items()))
    return sha256(text.encode()).hexdigest()[:8]


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_A_TOKEN)


def _ends(solution: str) -> bool:
    return solution.rpartition("\n")[2].startswith("A:")


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
    "one recorded solution to each question of a benchmark, by a model of the file (GSM8K's "
    "example_model_solutions.jsonl); tokens are estimates, prices yours (--price); of verification models "
    "each is the best of many",
    lambda spec, _argument, _hosts: recorded(spec.model, price=spec.price),
    keeps=False,
)
