"""All that the golden tests ask of masdesign, in one place: where names move, this module alone follows.

Every function gives plain JSON values, or bytes, that must stay equal.
"""

from __future__ import annotations

import ast
import io
import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

from golden import scripts
from golden.files import expected
from golden.sources import BY_HAND

from masdesign.archive import Archive, RunRecord
from masdesign.archive.insight import Evidence, Insight
from masdesign.archive.leaderboard import Standing
from masdesign.archive.tables.schema import SCHEMA_VERSION as SCHEMA_VERSION
from masdesign.building_blocks import blocks
from masdesign.building_blocks.fingerprint import fingerprint, templates, versions
from masdesign.cli import main
from masdesign.evaluation import Evaluation, session
from masdesign.lm import LM, Cached, Limited, ModelSpec, Scripted
from masdesign.records.cache import Cache
from masdesign.records.keys import cache_key
from masdesign.types import Answer, Failure, Message, Request, Result, Usage
from masdesign.workflow import Design

# cache keys ------------------------------------------------------------------------------------------

_TEXTS = (
    "2 + 2 =",
    "",
    "Two\nlines, a tab\tand \"quotes\" \\ 'apostrophes'",
    "Größe, 数学, \U0001f9ee, e\u0301, \u2028",
    "a lone surrogate \ud800 and a null \x00",
    "long " * 400,
    "{question} {{ braces }} <b>&amp;</b>",
)
_MODELS = ("", "abacus-2@c54d9446", "openai/gpt-4o-mini", "modèle@1")
_TEMPERATURES = (0.0, -0.0, 0, 1, 0.8, 0.5, 1.0, 0.1 + 0.2, 1e-7)
_STOPS = ((), ("\n",), ("Answer:", "\n\n"), ("ß", ""))


def requests() -> list[dict[str, Any]]:
    """Two hundred requests as JSON, each kind of field at several values."""
    rows = []
    for number in range(200):
        turns = 1 + number % 3
        messages = [
            [("user", "assistant", "user")[(turn + 3 - turns) % 3], _TEXTS[(number + turn * 3) % 7]]
            for turn in range(turns)
        ]
        if number % 5 == 0:
            messages.insert(0, ["system", f"You are solver {number // 5}."])
        rows.append(
            {
                "messages": messages,
                "model": _MODELS[number // 2 % 4],
                "temperature": _TEMPERATURES[number % 9],
                "max_tokens": (512, 1, 64, 100_000)[number // 3 % 4],
                "stop": list(_STOPS[number // 7 % 4]),
                "sample": number // 11 % 5,
                "world": number // 13 % 3,
            }
        )
    return rows


def keys() -> list[dict[str, Any]]:
    """The cache key of each of `requests`; of a long message its beginning."""
    return [{"key": cache_key(_request(row)), **_shown(row)} for row in requests()]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "messages": [[role, content[:60]] for role, content in row["messages"]]}


def _request(row: dict[str, Any]) -> Request:
    messages = tuple(Message(role, content) for role, content in row["messages"])
    return Request(**{**row, "messages": messages, "stop": tuple(row["stop"])})


# versions --------------------------------------------------------------------------------------------


def block_versions() -> dict[str, Any]:
    """What each block rests on: versions of code and templates, declared versions, fingerprint."""
    return {name: _rests_on(f"async def workflow(task):\n    return await {name}(task)") for name in blocks()}


def source_versions() -> list[Any]:
    """The same of the designs written by hand that parse, helpers and the dialect of ADAS among them."""
    return [_rests_on(source) for source in BY_HAND if _parses(source)]


def _parses(source: str) -> bool:
    with suppress(SyntaxError):
        return bool(ast.parse(source))
    return False


def _rests_on(source: str) -> dict[str, Any]:
    return {
        "versions": versions(source),
        "templates": templates(source),
        "fingerprint": fingerprint(source),
    }


# designs ---------------------------------------------------------------------------------------------


def design_ids() -> list[dict[str, str]]:
    """Forty designs, each with its id: grown by the first version's grammar, then written by hand."""
    grown = [entry["source"] for entry in expected("design_ids")[:25]]
    return [{"id": Design(source).id, "source": source} for source in (*grown, *BY_HAND)]


NAMES = {
    "keys": keys,
    "block_versions": block_versions,
    "source_versions": source_versions,
    "design_ids": design_ids,
}
"""By the file of ``expected`` that holds it."""

# runs ------------------------------------------------------------------------------------------------

NEW_FIELDS: frozenset[str] = frozenset({
    "advice", "repeats.blank_control", "repeats.answers_without_model",
})  # fmt: skip
"""Fields that results have since, and had not at 646c85e; ``repeats.x`` is ``x`` in a list ``repeats``."""
_VOLATILE = frozenset({"seconds", "seconds_per_item", "paid_calls", "paid_usd"})
"""What a result says of the clock, or of which calls were on file."""


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    result: dict[str, Any]
    """What it printed, without `_VOLATILE`."""
    export: bytes
    """The archive's canonical export."""
    paid_calls: int
    """Completions that were not on file."""

    def to_json(self) -> dict[str, Any]:
        """SHA-256 and number of lines of the export, and the result."""
        lines = self.export.count(b"\n")
        return {"sha256": sha256(self.export).hexdigest(), "lines": lines, "result": self.result}


def search(folder: Path) -> Ended:
    """abacus on `ledger`, 3,200 calls; what a ``calls.db`` in the folder holds is not asked again."""
    sizes = ["--items=60", "--test-items=50"]
    return _run(folder, ["search", "ledger", *sizes, "--budget=3200calls", "--seed=0"])


def distill(folder: Path) -> Ended:
    """A design as a prompt with worked examples, on abacus; ``calls.db`` as for `search`."""
    sizes = ["--items=12", "--test-items=10", "--difficulty=0", "--train-items=20", "--candidates=2"]
    return _run(folder, ["distill", "self_refine", "arithmetic", *sizes, "--method=demonstrate"])


def compare(folder: Path) -> Ended:
    """Two strategies, once each, on a scripted model."""
    with _scripted():
        task = scripts.write_task(folder)
        more = ["--strategies=random,evolution", "--budget=650calls", "--repeats=1", "--model=scripted"]
        return _run(folder, ["compare", *task, *more])


def meta_agent(folder: Path) -> Ended:
    """Meta Agent Search, with a scripted model that writes the designs."""
    with _scripted():
        task = scripts.write_task(folder)
        models = ["--model=scripted", "--meta-model=meta"]
        more = ["--strategy=meta_agent", "--budget=2600calls", "--batch=4"]
        return _run(folder, ["search", *task, *models, *more])


RUNS: dict[str, Callable[[Path], Ended]] = {
    "search": search,
    "distill": distill,
    "compare": compare,
    "meta_agent": meta_agent,
}
"""By the file of ``expected`` that holds its end."""


def replay(folder: Path, run: str) -> dict[str, Any]:
    """What ``masdesign replay`` says of a run of the folder's ``archive.db``, and the export of it again."""
    return _masdesign(folder, ["replay", run, "--archive=archive.db", "--out=again.jsonl"])


def _run(folder: Path, command: list[str]) -> Ended:
    result = _masdesign(folder, [*command, "--archive=archive.db"])
    paid = result["spend"]["paid_calls"]
    return Ended(_stable(result), export(folder / "archive.db"), paid)


def export(archive: Path) -> bytes:
    """The canonical export of an archive."""
    buffer = io.BytesIO()
    with Archive(archive) as opened:
        opened.export(buffer, canonical=True)
    return buffer.getvalue()


def _masdesign(folder: Path, command: list[str]) -> dict[str, Any]:
    """What a command prints as JSON when it is given in a folder."""
    out = io.StringIO()
    with chdir(folder), patch.dict(os.environ), redirect_stdout(out):
        for name in ("MASDESIGN_ARCHIVE", "MASDESIGN_CACHE"):
            os.environ.pop(name, None)
        code = main([*command, "--json"])
    assert code == 0, f"exit {code} of {command}"
    return dict(json.loads(out.getvalue()))


def _stable(value: Any, within: str = "") -> Any:
    if isinstance(value, dict):
        dropped = _VOLATILE | NEW_FIELDS
        kept = {key: inner for key, inner in value.items() if not dropped & {key, f"{within}.{key}"}}
        return {key: _stable(inner, key) for key, inner in kept.items()}
    return [_stable(inner, within) for inner in value] if isinstance(value, list) else value


@contextmanager
def _scripted() -> Iterator[None]:
    """Models are scripted: ``meta`` writes designs, any other one answers."""

    def load(name: ModelSpec, *, cache: Cache, concurrency: int, **_: object) -> LM:
        model = (
            Scripted(scripts.writes, "meta", window=100_000)
            if name.model == "meta"
            else Scripted(scripts.reply)
        )
        return Cached(Limited(model, concurrency), cache)

    with patch.object(session, "load_lm", load):
        yield


# archives --------------------------------------------------------------------------------------------


def fill(path: Path) -> None:
    """Make an archive that holds something of every kind; its clock ticks a second a look."""
    ticks = itertools.count(1_700_000_000)
    family = _family()
    with Archive(path, clock=lambda: float(next(ticks))) as archive:
        for design in family[:4]:
            archive.add_design(design)
        for changed in ({"task_version": "0"}, {"world": 1}, {"model": "large=o@2 m@1"}):
            archive.add_evaluation(_evaluation(family[1], 5, **changed))
        settings = {"objective": "score", "batch": 8, "world": 0}
        archive.start_run(RunRecord("first", "sums", "1", "m@1", "random", 7, settings, {"host": "here"}))
        for number, design in enumerate(family[:3]):
            archive.add_evaluation(_evaluation(design, 2 + number), "first")
            archive.record_proposal("first", number, design, "complete", {"items": 6})
        archive.add_evaluation(_evaluation(family[3], 1, done=2), "first")
        archive.record_proposal("first", 3, family[3], "raced")
        archive.add_failure(family[4], Failure("design", "it raises ValueError: ü", 2, "mend it"), "first")
        archive.record_proposal("first", 4, family[4], "failed")
        archive.open_test("first", [family[2].id, family[0].id], ["item 1", "item 0"])
        archive.add_evaluation(_evaluation(family[2], 3, split="test"), "first")
        archive.finish_run("first", {"best": {"id": family[2].id}, "seconds": 1.5})
        archive.start_run(RunRecord("", "sums", "1", "m@1", "evolution"))  # begun, and not ended
        found = Insight("sums", "m@1", "vote", Evidence.of(0.25), "Votes help.", "Add.")
        archive.add_insights("first", [found, Insight("sums", "m@1", "debate", Evidence.of(-0.5, 0.5))])
        archive.promote(family[1].id, "thrice")
        archive.import_(_foreign(path.with_name("foreign.jsonl"), family))


def _family() -> list[Design]:
    """Each the child of the one before; the last is nobody's."""
    family: list[Design] = []
    for number, source in enumerate((BY_HAND[0], *BY_HAND[3:6], BY_HAND[8], BY_HAND[11])):
        parents = (family[-1].id,) if family and number < 5 else ()
        family.append(Design(source, f"design {number} é", f"It may be {number}.", parents, "test"))
    return family


def _evaluation(design: Design, right: int, *, done: int = 6, **changed: Any) -> Evaluation:
    """The first ``right`` of six items are right; the last failed, each in another way."""
    failures = (Failure("parse", "no answer"), Failure("design", "too many calls", 3, "make fewer"))
    wrong = Result("item 5", None, 0.0, Usage(7, 0), 1, 0.25, failures[right % 2])
    results = [
        Result(f"item {n}", Answer("4", "4, as 2 + 2 = 4"), float(n < right), Usage(20 + n, 9, 1e-5), 1, 0.5)
        for n in range(5)
    ]
    values = {"task": "sums", "task_version": "1", "split": "val", "model": "m@1", "world": 0, **changed}
    kept = (*results, wrong)[:done]
    return Evaluation(design_id=design.id, fingerprint="ask=1", size=6, results=kept, **values)


def _foreign(path: Path, family: list[Design]) -> Path:
    """An export of another archive, with a claim."""
    with Archive(":memory:", clock=lambda: 1_600_000_000.0) as other:
        other.add_design(family[5])
        other.add_evaluation(_evaluation(family[5], 5))
        other.export(path)
    claim = {"kind": "claim", "design_id": family[5].id, "origin": "ADAS", "claim": {"fitness": "95 %"}}
    with path.open("a") as file:
        file.write(json.dumps({**claim, "created": 1_600_000_001.0}) + "\n")
    return path


def _standing(standing: Standing) -> dict[str, Any]:
    names = ("design_id", "score", "estimate", "items", "order")
    return {name: getattr(standing, name) for name in names} | {"tokens_per_item": standing.tokens}


def read(path: Path) -> dict[str, Any]:
    """What an archive says of all that `fill` put into it, as JSON."""
    lines = io.BytesIO()
    with Archive(path) as archive:
        archive.export(lines)
        found = {
            "export": [json.loads(line) for line in lines.getvalue().splitlines()],
            "canonical": sha256(export(path)).hexdigest(),
            "summaries": [asdict(summary) for summary in archive.summaries()],
            "ranking": [_standing(standing) for standing in archive.ranking("sums")],
            "best": {run: archive.best("sums", "m", run=run).id for run in (None, "first")},
            "frontier": [candidate.design_id for candidate in archive.frontier("sums")],
            "lineage": asdict(archive.lineage("design 2 é")),
            "words": [stored.design.id for stored in archive.search("gather drafts")],
            "promoted": sorted(archive.promoted()),
            "stats": archive.stats(),
        }
    return dict(json.loads(json.dumps(found)))
