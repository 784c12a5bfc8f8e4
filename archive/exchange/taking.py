"""Importing untrusted lines: one taker for each kind of line.

A taker gives back whether what its line says is new, and raises `Skip` where it cannot be taken in. Every
value of a line is untrusted: read by `untrusted`, and bounded.
"""

from collections.abc import Callable
from typing import Any, get_args

from sqlalchemy import Connection

from masdesign.archive.exchange.lines import VOLATILE, without
from masdesign.archive.exchange.untrusted import (
    MAX_INTEGER,
    Skip,
    amount,
    get,
    moment,
    name_of,
    names_of,
    optional,
    texts,
    whole_number,
)
from masdesign.archive.insight import Evidence, Insight
from masdesign.archive.tables.designs import add_claim, add_design, add_failure, get_design
from masdesign.archive.tables.evaluations import add_evaluation, held, link_run
from masdesign.archive.tables.learned import (
    MemoryRecord,
    add_insights,
    add_version,
    folded,
    insights_of,
    versions_of,
)
from masdesign.archive.tables.promotions import promote, promotions_of
from masdesign.archive.tables.runs import (
    RunRecord,
    get_run,
    holds_opening,
    insert_run,
    open_test,
    proposals_of,
    record_proposal,
)
from masdesign.archive.tables.schema import dumps
from masdesign.building_blocks import blocks as shipped
from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation
from masdesign.memory import Memory
from masdesign.types import Answer, Failure, FailureKind, Result, Split, Usage
from masdesign.workflow.design import Design
from masdesign.workflow.parsing import MAX_SOURCE_CHARACTERS

MAX_RESULTS = 100_000
"""Items of one evaluation, and of one opening."""
MAX_RUNS = 1000
"""Runs that asked for one evaluation."""
MAX_BLOCKS = 200
"""Promoted blocks beyond which no import adds one: each is in the catalogue of every later search."""
MAX_CLAIM = 100_000
"""Characters of what others say of one design."""
MAX_ENTRIES = 10_000
"""Entries of one memory."""
MAX_WORDS = 2000
"""Characters of an insight's words, and of what its task is about."""


def _take_design(connection: Connection, data: dict[str, Any], now: float) -> bool:
    source = get(data, "source", str)
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise Skip(f"its source has {len(source)} characters, more than {MAX_SOURCE_CHARACTERS}")
    design = Design(
        source=source,
        name=(optional(data, "name", str) or "")[:200],
        thought=(optional(data, "thought", str) or "")[:20_000],
        parents=texts(data, "parents")[:100],
        origin=(optional(data, "origin", str) or "")[:200],
    )
    claimed = get(data, "id", str)
    if claimed != design.id:
        raise Skip(f"its id {claimed[:40]!r} is not that of its source ({design.id})")
    return add_design(connection, design, moment(data, "created") or now)


def _take_evaluation(connection: Connection, data: dict[str, Any], now: float) -> bool:
    rows = get(data, "results", list)
    if len(rows) > MAX_RESULTS:
        raise Skip(f"it has {len(rows)} results, more than {MAX_RESULTS}")
    evaluation = Evaluation(
        design_id=_find_design(connection, data),
        split=_split(data),
        world=get(data, "world", int),
        size=whole_number(data, "size"),
        **names_of(data, "task", "task_version", "model", "fingerprint"),
        results=tuple(map(_result, rows)),
    )
    items = {result.item_id for result in evaluation.results}
    if len(items) < len(rows) or len(items) > evaluation.size:
        raise Skip("its results name an item twice, or more items than the split has")
    seq, new = held(connection, evaluation), False
    if seq is None:
        created = moment(data, "created") or now
        seq, new = add_evaluation(connection, evaluation, created, foreign=True)
    for run in texts(data, "runs")[:MAX_RUNS] if "runs" in data else ():  # older exports do not say
        record = get_run(connection, run)
        place = (evaluation.task, evaluation.task_version)
        if record is not None and record.foreign and (record.task, record.task_version) == place:
            link_run(connection, run, seq)
    return new


def _find_design(connection: Connection, data: dict[str, Any]) -> str:
    design_id = get(data, "design_id", str)
    if get_design(connection, design_id) is None:
        raise Skip(f"its design {design_id[:40]!r} is not here")
    return design_id


def _split(data: dict[str, Any]) -> Split:
    split = get(data, "split", str)
    for member in get_args(Split):
        if split == member:
            return member  # type: ignore[no-any-return]
    raise Skip(f"unknown split {split[:40]!r}")


def _result(data: Any) -> Result:
    answer, usage, score = (
        optional(data, "answer", dict),
        get(data, "usage", dict),
        optional(data, "score", float),
    )
    if score is not None and not 0 <= score <= 1:
        raise Skip(f"a score of {score} is not in 0..1")
    item_id = get(data, "item_id", str)
    if not item_id or len(item_id) > 200:
        raise Skip("an item's id is empty or longer than 200 characters")
    failure = optional(data, "failure", dict)
    return Result(
        item_id=item_id,
        answer=None if answer is None else Answer(get(answer, "text", str), get(answer, "reasoning", str)),
        score=score,
        usage=Usage(
            whole_number(usage, "prompt_tokens", MAX_INTEGER),
            whole_number(usage, "completion_tokens", MAX_INTEGER),
            amount(usage, "usd"),
            whole_number({"reasoning_tokens": 0, **usage}, "reasoning_tokens", MAX_INTEGER),
        ),
        calls=whole_number(data, "calls"),
        seconds=amount(data, "seconds") if data.get("seconds") is not None else 0.0,
        failure=None if failure is None else _failure(failure),
        cluster=(optional(data, "cluster", str) or "")[:8],
    )


def _failure(data: dict[str, Any]) -> Failure:
    kind = get(data, "kind", str)
    for member in get_args(FailureKind):
        if kind == member:
            message, cure = get(data, "message", str), optional(data, "cure", str) or ""
            return Failure(member, message, optional(data, "line", int), cure)
    raise Skip(f"unknown kind of failure {kind[:40]!r}")


def _take_failure(connection: Connection, data: dict[str, Any], now: float) -> bool:
    failure, run = _failure(get(data, "failure", dict)), name_of(data, "run")
    return add_failure(connection, _find_design(connection, data), failure, run, now, foreign=True)


def _take_claim(connection: Connection, data: dict[str, Any], now: float) -> bool:
    claim, origin = get(data, "claim", dict), get(data, "origin", str)[:200]
    if len(dumps(claim)) > MAX_CLAIM:
        raise Skip(f"its claim is longer than {MAX_CLAIM} characters")
    created = moment(data, "created") or now
    return add_claim(connection, _find_design(connection, data), origin, claim, created)


def _take_promotion(connection: Connection, data: dict[str, Any], now: float) -> bool:
    name, design_id = get(data, "name", str), _find_design(connection, data)
    blocks = promotions_of(connection)
    if blocks.get(name) == design_id:
        return False
    if name in blocks:
        raise Skip(f"the block {name!r} is another design here ({blocks[name]})")
    if len(blocks) >= MAX_BLOCKS:
        raise Skip(f"this archive has {len(blocks)} promoted blocks already")
    try:
        promote(connection, design_id, name, shipped(), moment(data, "created") or now)
    except InputError as error:
        raise Skip(f"it cannot be a block here: {error}") from error
    return True


def _take_run(connection: Connection, data: dict[str, Any], now: float) -> bool:
    name = get(data, "name", str)
    if not name or len(name) > 200:
        raise Skip("a run's name is empty or longer than 200 characters")
    record = RunRecord(
        name=name,
        **names_of(data, "task", "task_version", "model", "strategy"),
        seed=get(data, "seed", int),
        settings=get(data, "settings", dict),
        facts=optional(data, "facts", dict) or {},
        outcome=optional(data, "outcome", dict),
        created=moment(data, "created") or now,
        finished=moment(data, "finished"),
        foreign=True,
    )
    ours = get_run(connection, name)
    if ours is None:
        insert_run(connection, record, record.created)
        return True
    if _essence(ours) != _essence(record):
        raise Skip("another run of that name is here already")
    return False


def _essence(run: RunRecord) -> Any:
    """What has to agree for two runs of one name to be the same run."""
    names = ("task", "task_version", "model", "strategy", "seed", "settings", "outcome")
    return {name: without(getattr(run, name), VOLATILE) for name in names}


def _take_proposal(connection: Connection, data: dict[str, Any], now: float) -> bool:
    name, position = name_of(data, "run"), whole_number(data, "position")
    run = get_run(connection, name)
    if run is None:
        raise Skip(f"its run {name[:40]!r} is not here")
    design_id, stage = _find_design(connection, data), get(data, "stage", str)[:20]
    there = [p for p in proposals_of(connection, name) if p["position"] == position]
    if there and there[0]["design_id"] == design_id:
        return False
    if there or not run.foreign:
        raise Skip("the run that is here proposed something else")
    record_proposal(connection, name, position, design_id, stage, get(data, "outcome", dict))
    return True


def _take_opening(connection: Connection, data: dict[str, Any], now: float) -> bool:
    run, designs, items = name_of(data, "run"), texts(data, "designs"), texts(data, "items")
    if max(len(designs), len(items)) > MAX_RESULTS:
        raise Skip(f"it names more than {MAX_RESULTS} designs or items")
    if holds_opening(connection, run, designs, items):
        return False
    open_test(connection, run, designs, items, moment(data, "created") or now, foreign=True)
    return True


def _take_insight(connection: Connection, data: dict[str, Any], now: float) -> bool:
    run, numbers = name_of(data, "run"), get(data, "evidence", dict)
    evidence = Evidence(
        amount(numbers, "weight"),
        get(numbers, "total", float),
        amount(numbers, "squares"),
        whole_number(numbers, "helped"),
        whole_number(numbers, "hurt"),
    )
    if abs(evidence.total) > evidence.weight or evidence.squares > evidence.weight:
        raise Skip("its gains are not in -1..1")
    insight = Insight(
        get(data, "when", str)[:200],
        get(data, "model", str)[:500],
        get(data, "what", str)[:500],
        evidence,
        get(data, "words", str)[:MAX_WORDS],
        get(data, "about", str)[:MAX_WORDS],
    )
    stored = [(earlier, foreign) for _, earlier, foreign in insights_of(connection, run, foreign=None)]
    if any(earlier == insight for earlier, _ in stored):
        return False
    add_insights(connection, run, [*(f for f, foreign in stored if foreign), insight], now, foreign=True)
    return True


def _take_memory(connection: Connection, data: dict[str, Any], now: float) -> bool:
    name, number, digest = get(data, "name", str), whole_number(data, "version"), get(data, "digest", str)
    if not name or len(name) > 200:
        raise Skip("a memory's name is empty or longer than 200 characters")
    rows = versions_of(connection, name)
    if any(row.version == number and row.digest == digest for row in rows):
        return False
    if number != len(rows) + 1 or not all(row.foreign for row in rows):
        raise Skip("another memory of that name is here already, or an earlier version is missing")
    put, drop = get(data, "put", list), texts(data, "drop")
    try:
        memory = folded(rows).without(drop).put(*Memory.from_json(put))
    except (ValueError, AttributeError, TypeError) as error:
        raise Skip(f"{error}"[:200]) from None
    if len(memory) > MAX_ENTRIES or memory.digest != digest:
        raise Skip(f"it holds more than {MAX_ENTRIES} entries, or not what its digest says")
    created = moment(data, "created") or now
    written = [entry.to_json() for entry in Memory.from_json(put)]
    record = MemoryRecord(
        name, number, digest, name_of(data, "task"), name_of(data, "run"), written, list(drop), True, created
    )
    add_version(connection, record)
    return True


TAKERS: dict[str, Callable[[Connection, dict[str, Any], float], bool]] = {
    "design": _take_design,
    "promotion": _take_promotion,
    "run": _take_run,
    "evaluation": _take_evaluation,
    "claim": _take_claim,
    "failure": _take_failure,
    "proposal": _take_proposal,
    "opening": _take_opening,
    "insight": _take_insight,
    "memory": _take_memory,
}
