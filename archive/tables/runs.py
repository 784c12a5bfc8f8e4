"""Runs, what they proposed in which order, and their openings of test, in the database."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select

from masdesign.archive.tables import schema
from masdesign.archive.tables.evaluations import Summary, items_of
from masdesign.archive.tables.schema import chosen, clean, dumps
from masdesign.archive.tables.sealed import amend, content, loads, put, read
from masdesign.errors import InputError


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run is. Going on with a run takes the same record, but for its ``facts``."""

    name: str
    """Empty for a new run: `Archive.start_run` gives it one."""
    task: str
    task_version: str
    model: str
    """The model's id with its revision."""
    strategy: str
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    """All else that decides the course of the run, as JSON values: objective, batch, items …"""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What may differ when the run goes on, and is in no canonical export: budget, concurrency, host."""
    outcome: Mapping[str, Any] | None = None
    """Set when the run has ended."""
    created: float = 0.0
    """Seconds since 1970, UTC; set by the archive."""
    finished: float | None = None
    foreign: bool = False

    @property
    def searches(self) -> bool:
        """Whether it is a search; otherwise it compares, distils or ablates, and proposes nothing."""
        return self.strategy not in (COMPARISON, ABLATION) and not self.strategy.startswith(DISTILLATION)


@dataclass(frozen=True, slots=True)
class OpeningRecord:
    """One frozen set of designs to be scored on one set of test items, recorded before the scoring."""

    key: str
    run: str
    """Empty where there was no run."""
    designs: tuple[str, ...]
    items: tuple[str, ...]
    created: float
    foreign: bool = False


def digest(value: object) -> str:
    """8 hex digits that stand for plain values, in the names of runs that are the same when made again."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


COMPARISON = "compare"
"""In the place of the strategy, of a run that is no search but compares others, and has no proposals."""
ABLATION = "ablate"
"""The same, of a run that takes a design apart."""
DISTILLATION = "distill-"
"""How the same begins, of a run that makes a design one prompt; the method follows."""

KEPT = ("spent",)
"""Facts that stay where a run goes on."""
_JSON = ("settings", "facts", "outcome")
_DECIDING = ("task", "task_version", "model", "strategy", "seed", "settings")


def start_run(connection: Connection, record: RunRecord, created: float) -> str:
    """Begin a run, or go on with the one of that name; its name.

    Raises InputError where a run of that name was something else, naming the first difference.
    """
    earlier = get_run(connection, record.name) if record.name else None
    if earlier is None:
        return insert_run(connection, record, created)
    for part in _DECIDING:
        _check_same(record.name, part, getattr(earlier, part), getattr(record, part))
    kept = {name: earlier.facts[name] for name in KEPT if name in earlier.facts}
    _write_facts(connection, record.name, {**kept, **record.facts})
    return record.name


def note_facts(connection: Connection, name: str, facts: Mapping[str, Any]) -> None:
    """Add facts to those of a run. Raises InputError: there is no run of that name."""
    known_run(connection, name)
    record = get_run(connection, name)
    _write_facts(connection, name, {**(record.facts if record else {}), **facts})


def _write_facts(connection: Connection, name: str, facts: Mapping[str, Any]) -> None:
    amend(connection, schema.runs, schema.runs.c.name == name, facts=dumps(facts))


def _check_same(run: str, part: str, before: Any, now: Any) -> None:
    if isinstance(now, Mapping):
        before, now = json.loads(dumps(before)), json.loads(dumps(now))
        for name in sorted({*before, *now}):
            _check_same(run, name, before.get(name), now.get(name))
    elif before != now:
        raise InputError(
            f"run {run!r} had {part} {before!r}, not {now!r}; repeat its settings, or name a new run"
        )


def insert_run(connection: Connection, record: RunRecord, created: float) -> str:
    """Write a run that is not there yet; its name."""
    name = clean(record.name) or _free_name(connection, record)
    values = asdict(record) | {"name": name, "created": created}
    values["foreign_"] = values.pop("foreign")
    values |= {part: dumps(values[part]) for part in _JSON if values[part] is not None}
    put(connection, schema.runs, values)
    return name


def _free_name(connection: Connection, record: RunRecord) -> str:
    taken = set(connection.execute(select(schema.runs.c.name)).scalars())
    stem = f"{record.task}-{record.strategy}"
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def finish_run(connection: Connection, name: str, outcome: Mapping[str, Any], finished: float) -> None:
    """Note how a run ended; a run that goes on and ends again has its last outcome."""
    known_run(connection, name)
    values = {"outcome": dumps(outcome), "finished": finished}
    amend(connection, schema.runs, schema.runs.c.name == name, **values)


def get_run(connection: Connection, name: str) -> RunRecord | None:
    """The run of that name."""
    rows = read(connection, schema.runs, chosen(schema.runs, name=name))
    return _run(rows[0]) if rows else None


def all_runs(connection: Connection) -> list[RunRecord]:
    """Every run, oldest first."""
    return [_run(row) for row in read(connection, schema.runs, chosen(schema.runs))]


def _run(row: Row[Any]) -> RunRecord:
    fields = content(row)
    fields |= {part: loads(fields[part]) for part in _JSON if fields[part] is not None}
    return RunRecord(foreign=fields.pop("foreign_"), **fields)


def known_run(connection: Connection, name: str) -> None:
    """Raise InputError, naming the latest runs, where there is no run of that name."""
    if get_run(connection, name) is None:
        names = [run.name for run in all_runs(connection)][-8:]
        there = f"the latest are {', '.join(names)}" if names else "there is none yet"
        raise InputError(f"no run {name!r} in this archive; {there}")


def record_proposal(
    connection: Connection, run: str, position: int, design_id: str, stage: str, outcome: Mapping[str, Any]
) -> None:
    """Note what a run proposed at a position, and how far it got; later calls overwrite."""
    known_run(connection, run)
    table = schema.proposals
    place = (table.c.run == run) & (table.c.position == position)
    values = {"design_id": design_id, "stage": stage, "outcome": dumps(outcome)}
    if not amend(connection, table, place, **values):
        put(connection, table, {"run": run, "position": position, **values})


def proposals_of(connection: Connection, run: str | None = None) -> list[dict[str, Any]]:
    """``run``, ``position``, ``design_id``, ``stage``, ``outcome``, in order of proposal."""
    rows = read(connection, schema.proposals, chosen(schema.proposals, "run", "position", run=run))
    return [{**content(row), "outcome": loads(row.outcome)} for row in rows]


def open_test(
    connection: Connection, run: str, designs: Iterable[str], items: Iterable[str], created: float,
    *, foreign: bool = False,
) -> OpeningRecord:  # fmt: skip
    """Record an opening; the same designs and items in the same run are the same opening."""
    ids, questions = tuple(sorted(set(designs))), tuple(sorted(set(items)))
    key = _opening_key(run, ids, questions)
    table = schema.openings
    same = (table.c.key == key) & (table.c.foreign_ == foreign)
    for row in read(connection, table, select(table).where(same)):
        return _opening(row)
    values = {"key": key, "run": run, "designs": dumps(ids), "items": dumps(questions)}
    put(connection, table, {**values, "foreign_": foreign, "created": created})
    return OpeningRecord(key, run, ids, questions, created, foreign)


def _opening_key(run: str, designs: Iterable[str], items: Iterable[str]) -> str:
    content = dumps([run, sorted(set(designs)), sorted(set(items))])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def holds_opening(connection: Connection, run: str, designs: Iterable[str], items: Iterable[str]) -> bool:
    """Whether that opening is here, made here or imported."""
    key = _opening_key(run, designs, items)
    query = select(schema.openings.c.seq).where(schema.openings.c.key == key)
    return connection.execute(query).first() is not None


def all_openings(connection: Connection, run: str | None = None) -> list[OpeningRecord]:
    """Openings, oldest first; with ``run`` only that run's."""
    return [_opening(row) for row in read(connection, schema.openings, chosen(schema.openings, run=run))]


def _opening(row: Row[Any]) -> OpeningRecord:
    designs, items = tuple(loads(row.designs)), tuple(loads(row.items))
    return OpeningRecord(row.key, row.run, designs, items, row.created, row.foreign_)


def count(connection: Connection, table: str) -> int:
    """How many rows a table has."""
    return int(connection.execute(select(func.count()).select_from(schema.tables.tables[table])).scalar_one())


Place = tuple[str, str]
"""A task and its version."""


def openings_of(connection: Connection, items: Iterable[str], task: str, version: str) -> list[OpeningRecord]:
    """The openings of most of these test items, oldest first, as far as ids and the runs' tasks tell."""
    return _of_items(_placed(connection), frozenset(items), (task, version))


def times_opened(connection: Connection, evaluations: Iterable[Summary]) -> dict[int, int]:
    """Of each evaluation on test, by its number, how often its items were opened."""
    tested = [summary for summary in evaluations if summary.split == "test"]
    if not tested:
        return {}
    placed, items = _placed(connection), items_of(connection, [summary.seq for summary in tested])
    openings: dict[tuple[frozenset[str], Place], int] = {}
    counts = {}
    for summary in tested:
        which = (frozenset(items[summary.seq]), (summary.task, summary.task_version))
        if which not in openings:
            openings[which] = len(_of_items(placed, *which))
        counts[summary.seq] = openings[which]
    return counts


def _placed(connection: Connection) -> list[tuple[OpeningRecord, Place | None]]:
    """Every opening, with the task of its run where it had one."""
    runs: Mapping[str, RunRecord] = {run.name: run for run in all_runs(connection)}
    return [
        (opening, (runs[opening.run].task, runs[opening.run].task_version) if opening.run in runs else None)
        for opening in all_openings(connection)
    ]


def _of_items(
    placed: Iterable[tuple[OpeningRecord, Place | None]], items: frozenset[str], place: Place
) -> list[OpeningRecord]:
    return [
        opening
        for opening, where in placed
        if where in (None, place)
        and 2 * len(items.intersection(opening.items)) > min(len(items), len(opening.items))
    ]
