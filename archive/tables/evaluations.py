"""Evaluations and their results, item by item, in the database."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from math import isclose
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection, Row, delete, insert, select

from masdesign.archive.tables import schema
from masdesign.archive.tables.schema import chosen, clean, dumps
from masdesign.archive.tables.sealed import amend, content, damaged, loads, put, put_all, read
from masdesign.evaluation.evaluation import Evaluation, result_to_json
from masdesign.options import with_defaults
from masdesign.types import Answer, Failure, Result, Split, Usage

_MORE = ("parts", "overhead", "cluster")
"""Fields of a result that stand together in one column."""
_NAMED = ("design_id", "task", "task_version", "split", "model", "world", "fingerprint", "size")
"""Fields of an evaluation that name it."""
_SUMMED = (
    *("score", "low", "high", "items", "unscored", "complete"),
    *("tokens_per_item", "calls_per_item", "usd_per_item"),
)
"""Figures that lists read, computed from the results."""
_AT_ONCE = 500
"""Evaluations per query."""


@dataclass(frozen=True, slots=True)
class Summary:
    """An evaluation without its results: what lists and selections read."""

    seq: int
    key: str
    foreign: bool
    """Imported: evidence, never `best`."""
    design_id: str
    task: str
    task_version: str
    split: str
    model: str
    world: int
    fingerprint: str
    size: int
    created: float
    score: float
    low: float
    high: float
    items: int
    unscored: int
    complete: bool
    tokens_per_item: float
    calls_per_item: float
    usd_per_item: float


def add_evaluation(
    connection: Connection, evaluation: Evaluation, created: float, *, foreign: bool = False
) -> tuple[int, bool]:
    """Keep an evaluation under its key; its number and whether anything changed.

    What is there already is added to, never lost: a partial evaluation grows item by item, and a scored
    result takes the place of an unscored one, not the other way round.
    """
    table = schema.evaluations
    same = (table.c.key == evaluation.key) & (table.c.foreign_ == foreign)
    row = connection.execute(select(table.c.seq).where(same)).first()
    if row is None:
        results = tuple(map(_clean, evaluation.results))
        merged = evaluation if results == evaluation.results else replace(evaluation, results=results)
        values = {**_columns(merged, ("key", *_NAMED, *_SUMMED)), "foreign_": foreign, "created": created}
        values["again"] = _is_again(connection, merged, foreign)
        seq = put(connection, table, values)
    else:
        seq = int(row.seq)
        stored = _results(connection, seq)
        merged = replace(evaluation, results=_merge(stored, map(_clean, evaluation.results)))
        if merged.results == stored:
            return seq, False
        amend(connection, table, table.c.seq == seq, **_columns(merged, _SUMMED))
        connection.execute(delete(schema.results).where(schema.results.c.evaluation == seq))
    rows = (_result_row(seq, position, r) for position, r in enumerate(merged.results))
    put_all(connection, schema.results, rows)
    return seq, True


def _is_again(connection: Connection, evaluation: Evaluation, foreign: bool) -> bool:
    """Whether the design has another evaluation on that task and split with that model."""
    table = schema.evaluations
    names = ("design_id", "task", "task_version", "split", "model")
    alike = [table.c[name] == getattr(evaluation, name) for name in names]
    query = select(table.c.seq).where(*alike, table.c.foreign_ == foreign).limit(1)
    return connection.execute(query).first() is not None


def _columns(evaluation: Evaluation, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(evaluation, name) for name in names}


def _merge(stored: tuple[Result, ...], new: Iterable[Result]) -> tuple[Result, ...]:
    """Results by item; scored goes before unscored. Where ``new`` has every item, its order is kept.

    A scored result that is known stays as it is, so that driving an evaluation again changes nothing.
    """
    old, fresh = {r.item_id: r for r in stored}, {r.item_id: r for r in new}
    order = fresh if fresh.keys() >= old.keys() else {**old, **fresh}
    return tuple(_better(old.get(item_id), fresh.get(item_id)) for item_id in order)


def _better(old: Result | None, new: Result | None) -> Result:
    if old is None or (old.score is None and new is not None and new.score is not None):
        assert new is not None
        return new
    return old


def _clean(result: Result) -> Result:
    answer, failure = result.answer, result.failure
    if answer is not None:
        answer = Answer(clean(answer.text), clean(answer.reasoning))
    if failure is not None:
        failure = replace(failure, message=clean(failure.message), cure=clean(failure.cure))
    return replace(result, item_id=clean(result.item_id), answer=answer, failure=failure)


def _result_row(seq: int, position: int, result: Result) -> dict[str, Any]:
    answer, usage = result.answer, result.usage
    more = {name: value for name, value in result_to_json(result).items() if name in _MORE}
    if usage.reasoning_tokens:
        more["reasoning_tokens"] = usage.reasoning_tokens
    return {
        "evaluation": seq,
        "position": position,
        **{name: getattr(result, name) for name in ("item_id", "score", "calls", "seconds")},
        "answer": None if answer is None else answer.text,
        "reasoning": None if answer is None else answer.reasoning,
        **{name: getattr(usage, name) for name in ("prompt_tokens", "completion_tokens", "usd")},
        "failure": None if result.failure is None else dumps(asdict(result.failure)),
        "more": dumps(more) if more else None,
    }


def _results(connection: Connection, seq: int) -> tuple[Result, ...]:
    query = chosen(schema.results, "position", evaluation=seq)
    return tuple(_result(row) for row in read(connection, schema.results, query))


def _result(row: Row[Any]) -> Result:
    more = loads(row.more) if row.more else {}
    return Result(
        item_id=row.item_id,
        answer=None if row.answer is None else Answer(row.answer, row.reasoning),
        score=row.score,
        usage=Usage(row.prompt_tokens, row.completion_tokens, row.usd, more.get("reasoning_tokens", 0)),
        calls=row.calls,
        seconds=row.seconds,
        failure=None if row.failure is None else Failure(**loads(row.failure)),
        parts=more.get("parts", {}),
        overhead=Usage(**more.get("overhead", {})),
        cluster=more.get("cluster", ""),
    )


class Filters(TypedDict, total=False):
    """Which evaluations are meant; what is left out, or ``None``, fits all."""

    design_id: str | None
    designs: Collection[str] | None
    """Ids of designs, `AT_ONCE` at most."""
    task: str | None
    task_version: str | None
    split: Split | None
    model: str | None
    """With its revision, or without."""
    run: str | None
    """One that asked for them."""
    complete: bool | None
    foreign: bool | None


def summaries(connection: Connection, **filters: Unpack[Filters]) -> list[Summary]:
    """The evaluations that fit, oldest first."""
    table, named = schema.evaluations, dict.fromkeys(Filters.__annotations__)
    wanted = with_defaults("summaries", filters, **named)
    columns = ("design_id", "task", "task_version", "split", "complete", "foreign_")
    query = chosen(table, **{column: getattr(wanted, column.rstrip("_")) for column in columns})
    if wanted.designs is not None:
        query = query.where(table.c.design_id.in_(wanted.designs))
    if wanted.run is not None:
        link = schema.run_evaluations
        query = query.join(link, link.c.evaluation == table.c.seq).where(link.c.run == wanted.run)
    rows = [_summary(row) for row in read(connection, table, query)]
    return rows if wanted.model is None else [s for s in rows if model_fits(s.model, wanted.model)]


def scores_of(connection: Connection, evaluations: Mapping[int, str]) -> dict[str, dict[str, float]]:
    """The scores by item under each name, of evaluations given by number with a name each.

    Where several have one name (the worlds of a design), an item's score is the mean of theirs. Raises
    DamagedRow where an evaluation's mean is not that of its items.
    """
    table, seqs = schema.results, sorted(evaluations)
    values: dict[str, dict[str, list[float]]] = {name: {} for name in evaluations.values()}
    for start in range(0, len(seqs), _AT_ONCE):
        query = (
            select(table.c.evaluation, table.c.item_id, table.c.score)
            .where(table.c.evaluation.in_(seqs[start : start + _AT_ONCE]), table.c.score.is_not(None))
            .order_by(table.c.evaluation, table.c.position)
        )
        means = dict.fromkeys(seqs[start : start + _AT_ONCE], (0.0, 0))
        for seq, item, score in connection.execute(query).all():
            values[evaluations[seq]].setdefault(item, []).append(score)
            total, count = means[seq]
            means[seq] = total + score, count + 1
        _check_means(connection, means)
    return {
        name: {item: s[0] if len(s) == 1 else sum(s) / len(s) for item, s in scores.items()}
        for name, scores in values.items()
    }


def _check_means(connection: Connection, read: Mapping[int, tuple[float, int]]) -> None:
    """Compare the sum and number of the items' scores with what the evaluations say, to be quick without
    reading whole rows."""
    table = schema.evaluations
    query = select(table.c.seq, table.c.score, table.c["items"]).where(table.c.seq.in_(read))
    for seq, score, items in connection.execute(query):
        total, count = read[seq]
        if count and (count != items or not isclose(total, score * items, rel_tol=1e-6, abs_tol=1e-6)):
            raise damaged(table, seq)


def note_control(connection: Connection, evaluation: Evaluation, score: float) -> None:
    """Keep what the design of our own evaluation scores on its items with every completion blank."""
    table, evaluations = schema.controls, schema.evaluations
    ours = (evaluations.c.key == evaluation.key) & (evaluations.c.foreign_.is_(False))
    seq = connection.execute(select(evaluations.c.seq).where(ours)).scalar_one()
    if not amend(connection, table, table.c.evaluation == seq, score=score):
        put(connection, table, {"evaluation": seq, "score": score})


def controls_of(connection: Connection, evaluations: Collection[int]) -> dict[int, float]:
    """The blank-model controls of evaluations, by their numbers, as far as they were taken."""
    rows = read(connection, schema.controls, select(schema.controls))
    return {row.evaluation: row.score for row in rows if row.evaluation in evaluations}


def items_of(connection: Connection, evaluations: Iterable[int]) -> dict[int, list[str]]:
    """The items of evaluations given by number, scored or not."""
    table, seqs = schema.results, sorted(evaluations)
    items: dict[int, list[str]] = {seq: [] for seq in seqs}
    for start in range(0, len(seqs), _AT_ONCE):
        some = table.c.evaluation.in_(seqs[start : start + _AT_ONCE])
        for seq, item in connection.execute(select(table.c.evaluation, table.c.item_id).where(some)):
            items[seq].append(item)
    return items


def _summary(row: Row[Any]) -> Summary:
    fields = content(row)
    del fields["again"]
    return Summary(seq=row.seq, foreign=fields.pop("foreign_"), **fields)


def model_fits(stored: str, wanted: str) -> bool:
    """Whether a stored model id is what a user means by a model's name: without revision or version, too.

    >>> [model_fits("abacus-1@3f2a", asked) for asked in ("abacus-1@3f2a", "abacus-1", "abacus", "aba")]
    [True, True, True, False]
    >>> model_fits("6b@3f2a large=175b@77aa small=6b@3f2a", "recorded:solutions.jsonl#6b")
    True
    """
    if wanted.startswith("recorded:"):
        wanted = wanted.rpartition("#")[2]
    name = stored.partition("@")[0]
    family, _, version = name.rpartition("-")
    return wanted in (stored, name) or (wanted == family and version.isdigit() and "@" in stored)


def whole(connection: Connection, summary: Summary) -> Evaluation:
    """The evaluation with its results. Raises DamagedRow where some of them are gone."""
    named, results = {name: getattr(summary, name) for name in _NAMED}, _results(connection, summary.seq)
    if results and len(results) != summary.items + summary.unscored:  # none: written without its items
        raise damaged(schema.evaluations, summary.seq)
    return Evaluation(**named, results=results)


def held(connection: Connection, evaluation: Evaluation) -> int | None:
    """Return the number of our own evaluation with the same results (times apart), or ``None``."""
    table = schema.evaluations
    ours = (table.c.key == evaluation.key) & (table.c.foreign_.is_(False))
    row = connection.execute(select(table.c.seq).where(ours)).first()
    if row is None:
        return None
    stored = {result.item_id: replace(result, seconds=0.0) for result in _results(connection, row.seq)}
    same = all(stored.get(r.item_id) == replace(_clean(r), seconds=0.0) for r in evaluation.results)
    return int(row.seq) if same else None


def link_run(connection: Connection, run: str, seq: int) -> None:
    """Record that a run used an evaluation."""
    table = schema.run_evaluations
    same = (table.c.run == run) & (table.c.evaluation == seq)
    if not connection.execute(select(table.c.run).where(same)).first():
        connection.execute(insert(table).values(run=run, evaluation=seq))


def runs_of(connection: Connection, seq: int) -> list[str]:
    """Return the names of the runs that used an evaluation, sorted."""
    table = schema.run_evaluations
    rows = connection.execute(select(table.c.run).where(table.c.evaluation == seq).order_by(table.c.run))
    return [name for (name,) in rows]
