"""`Archive`: the store of all that was discovered, behind one object."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import IO, Any, Unpack

from sqlalchemy import Connection

from masdesign.archive.elsewhere import read_elsewhere
from masdesign.archive.exchange.importing import Imported, import_elsewhere, import_file
from masdesign.archive.exchange.lines import Slice, export_lines, export_memory, run_slice
from masdesign.archive.insight import Insight, merged
from masdesign.archive.leaderboard import Standing
from masdesign.archive.standings import estimates, leaderboard, leaders, stats
from masdesign.archive.tables import designs as _designs
from masdesign.archive.tables import evaluations as _evaluations
from masdesign.archive.tables import runs as _runs
from masdesign.archive.tables.connect import explained, identity, open_engine, shown_place
from masdesign.archive.tables.designs import Lineage, Stored, claims_of, lineage_of
from masdesign.archive.tables.evaluations import Filters, Summary, whole
from masdesign.archive.tables.learned import (
    MemoryRecord,
    add_insights,
    insights_of,
    memory_of,
    save_memory,
    versions_of,
)
from masdesign.archive.tables.promotions import promote, promoted_blocks
from masdesign.archive.tables.runs import OpeningRecord, RunRecord, openings_of, times_opened
from masdesign.archive.val_scores import val_score
from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation
from masdesign.memory import Memory
from masdesign.tasks.task import Task
from masdesign.types import Failure
from masdesign.workflow.design import Design
from masdesign.workflow.promoted import Promoted

DEFAULT = ".masdesign/archive.db"


class Archive:
    """Designs, evaluations with their items, lineage, failures, runs, openings of test.

    **Contract.** A write is in the database when its method returns, whatever happens to the process
    then; inside `transaction` several are written together or not at all. Writing what is there already
    changes nothing. One archive serves the threads of one process, and several processes may have one
    database open. Nothing here calls a model, and nothing reads `test` to choose a design.

    Parameters:
        url_or_path: a file (made when missing), ``:memory:``, or an SQLAlchemy URL; by default
            ``$MASDESIGN_ARCHIVE``, else ``.masdesign/archive.db``.
        clock: gives the seconds since 1970 that entries are dated with.

    Raises:
        InputError: a folder, not an archive, not readable, or written by a newer masdesign.

    >>> with Archive(":memory:") as archive:
    ...     archive.add_design(Design("async def workflow(task): return await direct(task)", name="ask"))
    ...     archive.design("ask").id == archive.designs()[0].id
    True
    True
    """

    def __init__(
        self, url_or_path: str | Path | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.place = _place(url_or_path)
        self._engine = open_engine(self.place)
        self._shown, self._file = shown_place(self.place), identity(self.place)
        self._clock = clock
        self._lock = RLock()
        self._open: Connection | None = None

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go; closing twice does no harm."""
        with self._lock:
            self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Group writes: all of them are kept, or where the block raises or the process dies, none.

        >>> with Archive(":memory:") as archive, archive.transaction():
        ...     archive.add_design(Design("x"))
        True
        """
        with self._connection(writes=True):
            yield

    @contextmanager
    def _connection(self, *, writes: bool = False) -> Iterator[Connection]:
        with self._lock:
            if self._open is not None:
                yield self._open
                return
            if writes and identity(self.place) != self._file:
                raise InputError(
                    f"archive {self._shown} was removed or replaced while it was in use, and what was found "
                    "since is lost; put it back, or run the command again"
                )
            with explained(self._shown), self._engine.connect() as connection:
                connection.execution_options(writes=writes)
                with connection.begin():
                    self._open = connection
                    try:
                        yield connection
                    finally:
                        self._open = None

    # Designs

    def add_design(self, design: Design) -> bool:
        """Keep a design; whether it is new. Of one that is known nothing changes, not even its name."""
        with self._connection(writes=True) as connection:
            return _designs.add_design(connection, design, self._clock())

    def design(self, ref: str) -> Design:
        """The design of that id, unique prefix of one, or name.

        Raises InputError where there is none, and, listing the candidates, where there are several.
        """
        return self.stored(ref).design

    def stored(self, ref: str) -> Stored:
        """As `design`, with its date and place."""
        with self._connection() as connection:
            return _designs.find_design(connection, ref)

    def designs(self) -> list[Design]:
        """Every design, oldest first."""
        return [stored.design for stored in self.all_stored()]

    def all_stored(self, ids: Collection[str] | None = None) -> list[Stored]:
        """As `designs`, with dates; with ``ids`` only those of them that are here."""
        with self._connection() as connection:
            return _designs.all_designs(connection, ids)

    def fitting(self, ref: str) -> list[Stored]:
        """What `design` chooses from: one, where ``ref`` is clear."""
        with self._connection() as connection:
            return _designs.fitting_designs(connection, ref)

    def search(self, text: str) -> list[Stored]:
        """Designs with every word of ``text`` in their name, thought, origin or source, oldest first."""
        with self._connection() as connection:
            return _designs.search_designs(connection, text)

    def lineage(self, ref: str) -> Lineage:
        """Ancestors and descendants of a design."""
        with self._connection() as connection:
            return lineage_of(connection, _designs.find_design(connection, ref).design.id)

    def promote(self, ref: str, name: str) -> Promoted:
        """Make a design a block of that name, for later searches with this archive.

        An earlier block of the name loses it; the designs that call that one keep it as it was.

        Raises:
            InputError: no such design, a name that is taken, or a design that cannot be a block.
        """
        with self._connection(writes=True) as connection:
            design_id = _designs.find_design(connection, ref).design.id
            return promote(connection, design_id, name, blocks(), self._clock())

    def promoted(self, ids: Mapping[str, str] | None = None) -> dict[str, Promoted]:
        """The promoted blocks by name; ``ids`` (design ids by name) gives those of an earlier day."""
        with self._connection() as connection:
            return promoted_blocks(connection, blocks(), ids)

    def add_failure(self, design: Design, failure: Failure, run: str | None = None) -> bool:
        """Keep a design that failed, and why; whether the failure is new."""
        with self._connection(writes=True) as connection:
            _designs.add_design(connection, design, self._clock())
            return _designs.add_failure(connection, design.id, failure, run or "", self._clock())

    def failures(
        self, design_id: str | None = None, *, run: str | None = None
    ) -> list[tuple[str, str, Failure]]:
        """(design id, run or "", failure), oldest first; of one design, of one run, or all."""
        with self._connection() as connection:
            return [row[:3] for row in _designs.failures_of(connection, design_id, run)]

    # Evaluations

    def add_evaluation(self, evaluation: Evaluation, run: str | None = None) -> bool:
        """Keep an evaluation, whole or partial; whether anything changed.

        It is kept under its key: a partial one grows by what it lacked, an unscored result gives way to a
        scored one, and a scored one stays as it is. Raises InputError where the design is not in the archive.
        """
        _ = evaluation.interval  # a bootstrap, perhaps: computed before the others have to wait
        with self._connection(writes=True) as connection:
            if not _designs.holds_design(connection, evaluation.design_id):
                raise InputError(
                    f"design {evaluation.design_id} is not in this archive; add it before its evaluation"
                )
            if run:
                _runs.known_run(connection, run)
            seq, changed = _evaluations.add_evaluation(connection, evaluation, self._clock())
            if run:
                _evaluations.link_run(connection, run, seq)
            return changed

    def note_control(self, evaluation: Evaluation, score: float) -> None:
        """Keep the blank-model control of an evaluation that is here: its design's score with every
        completion blank."""
        with self._connection(writes=True) as connection:
            _evaluations.note_control(connection, evaluation, score)

    def controls(self, evaluations: Iterable[Summary]) -> dict[int, float]:
        """The blank-model controls of evaluations by their numbers, where they were taken."""
        with self._connection() as connection:
            return _evaluations.controls_of(connection, {summary.seq for summary in evaluations})

    def summaries(self, **filters: Unpack[Filters]) -> list[Summary]:
        """Evaluations without their results, oldest first; a model may be named without its revision."""
        with self._connection() as connection:
            return _evaluations.summaries(connection, **filters)

    def evaluations(self, **filters: Unpack[Filters]) -> list[Evaluation]:
        """The evaluations made here that fit, with their results, oldest first."""
        return [self.evaluation(summary) for summary in self.summaries(**filters) if not summary.foreign]

    def evaluation(self, summary: Summary) -> Evaluation:
        """The whole of a summarised evaluation."""
        with self._connection() as connection:
            return whole(connection, summary)

    # What is good

    def ranking(
        self, task: str | Task, model: str | None = None, *, run: str | None = None
    ) -> list[Standing]:
        """The designs with a complete evaluation on val made here, best first (see `Leaderboard.ranked`).

        ``task`` by name means the version evaluated last, and so does ``model`` without a revision; ``run``
        keeps to the designs of one run.
        """
        with self._connection() as connection:
            return leaderboard(connection, task, model, run).ranked()

    def best(self, task: str | Task, model: str | None = None, *, run: str | None = None) -> Design:
        """The design with the highest shrunk val score; ties: fewer tokens, then older.

        Raises InputError where nothing was evaluated in full here.
        """
        with self._connection() as connection:
            ranked = leaders(connection, task, model, run).ranked()
        if not ranked:
            name = task if isinstance(task, str) else task.name
            raise InputError(
                f"no design was evaluated in full on {name}{f' with {model}' if model else ''} here; "
                f"run masdesign search {name}"
            )
        return self.design(ranked[0].design_id)

    def frontier(self, task: str | Task, model: str | None = None) -> list[Standing]:
        """Designs that no other beats in both shrunk val score and tokens an item, cheapest first."""
        with self._connection() as connection:
            return leaders(connection, task, model).frontier()

    def estimates(self, evaluations: Iterable[Summary]) -> dict[str, float]:
        """What to expect of each design on other items, from one evaluation of each."""
        scored = [val_score(summary) for summary in evaluations if summary.items]
        with self._connection() as connection:
            return estimates(connection, scored)

    def stats(self) -> dict[str, Any]:
        """Counts of all that is here, and by task and model how many designs and the best score."""
        with self._connection() as connection:
            return stats(connection)

    # Runs

    def start_run(self, record: RunRecord) -> str:
        """Begin a run, or go on with the one of that name; its name (found, where the record has none).

        Raises InputError where a run of that name differs in anything but its ``facts``.
        """
        with self._connection(writes=True) as connection:
            return _runs.start_run(connection, record, self._clock())

    def note_facts(self, name: str, facts: Mapping[str, Any]) -> None:
        """Add to what is known of a run that may differ when it goes on. Raises InputError: no such run."""
        with self._connection(writes=True) as connection:
            _runs.note_facts(connection, name, facts)

    def finish_run(self, name: str, outcome: Mapping[str, Any]) -> None:
        """Note that a run has ended, and with what (JSON values)."""
        with self._connection(writes=True) as connection:
            _runs.finish_run(connection, name, outcome, self._clock())

    def run(self, name: str) -> RunRecord | None:
        """The run of that name, if there is one."""
        with self._connection() as connection:
            return _runs.get_run(connection, name)

    def runs(self) -> list[RunRecord]:
        """Every run, oldest first."""
        with self._connection() as connection:
            return _runs.all_runs(connection)

    def record_proposal(
        self, run: str, index: int, design: Design, stage: str, outcome: Mapping[str, Any] | None = None
    ) -> None:
        """Note what a run proposed at a place in its order, and how far it got; later calls overwrite."""
        with self._connection(writes=True) as connection:
            _designs.add_design(connection, design, self._clock())
            _runs.record_proposal(connection, run, index, design.id, stage, outcome or {})

    def proposals(self, run: str) -> list[dict[str, Any]]:
        """``position``, ``design_id``, ``stage``, ``outcome`` (and ``run``), in order of proposal."""
        with self._connection() as connection:
            return _runs.proposals_of(connection, run)

    def open_test(self, run: str | None, design_ids: Iterable[str], item_ids: Iterable[str]) -> OpeningRecord:
        """Record, before any scoring, that these designs are to be scored on these test items.

        The same designs and items in the same run are the same opening: it is given back, not made again.
        """
        with self._connection(writes=True) as connection:
            return _runs.open_test(connection, run or "", design_ids, item_ids, self._clock())

    def openings(self, run: str | None = None) -> list[OpeningRecord]:
        """Openings of test, oldest first."""
        with self._connection() as connection:
            return _runs.all_openings(connection, run)

    def openings_of(self, items: Iterable[str], task: str, version: str) -> list[OpeningRecord]:
        """The openings of most of these test items of a task, by whatever run or command; oldest first."""
        with self._connection() as connection:
            return openings_of(connection, items, task, version)

    def times_opened(self, evaluations: Iterable[Summary]) -> dict[int, int]:
        """Of each of these evaluations that is on test, by its number, how often its items were opened."""
        with self._connection() as connection:
            return times_opened(connection, evaluations)

    # What was learnt

    def add_insights(self, run: str, insights: Iterable[Insight]) -> None:
        """Write down what a run has learnt, in the place of what it had written before."""
        with self._connection(writes=True) as connection:
            add_insights(connection, run, insights, self._clock())

    def insights(self, run: str | None = None, *, without: Collection[str] = ()) -> list[Insight]:
        """What runs made here have learnt, or what one of them has: one insight a task, model and feature.

        ``without``: names of runs that are left out.
        """
        with self._connection() as connection:
            rows = insights_of(connection, run)
            return merged(insight for name, insight, _ in rows if name not in without)

    def save_memory(self, name: str, memory: Memory, *, task: str = "", run: str = "") -> int:
        """Keep the next version of a memory, and give its number; what is no change is no new version.

        >>> from masdesign.memory import MemoryEntry
        >>> with Archive(":memory:") as archive:
        ...     archive.save_memory("orders", Memory().put(MemoryEntry("the customer is Bolt", "add 3")))
        ...     [entry.what for entry in archive.memory("orders@1")]
        1
        ['add 3']
        """
        with self._connection(writes=True) as connection:
            return save_memory(connection, name, memory, self._clock(), task=task, run=run)

    def memory(self, ref: str) -> Memory:
        """The memory ``NAME``, or its version ``NAME@VERSION``. Raises InputError: there is none."""
        with self._connection() as connection:
            return memory_of(connection, ref)

    def memories(self, name: str | None = None) -> list[MemoryRecord]:
        """The versions of a memory, or of all, by name and number."""
        with self._connection() as connection:
            return versions_of(connection, name)

    # Exchange

    def export_memory(self, name: str, file: str | Path) -> int:
        """Write one memory with all its versions, for `import_` elsewhere; how many versions.

        Raises InputError: there is none of that name.
        """
        with self._connection() as connection:
            memory_of(connection, name)
            return export_memory(connection, name, file)

    def export(self, file: str | Path | IO[bytes], *, canonical: bool = False) -> int:
        """Write everything as JSONL; how many lines.

        Canonical: sorted, without times, hosts and paid figures, so that archives with equal contents give
        equal bytes.
        """
        with self._connection() as connection:
            return export_lines(connection, file, canonical=canonical)

    def slice(self, run: str) -> Slice:
        """What is here of one run, as canonical lines by what names them. Raises InputError: no such run."""
        with self._connection() as connection:
            return run_slice(connection, run)

    def import_(self, file: str | Path) -> Imported:
        """Take in what `export` wrote, here or elsewhere; what was added, known, and skipped with the reason.

        The archives of other systems are understood as well (`masdesign.archive.elsewhere`): ADAS,
        MAS-Zero, AFlow, EvoAgentX.

        What comes in is untrusted: ids are computed again, and its evaluations are foreign, that is evidence
        and never `best`. What others claim of a design is kept as they said it (`claims`).
        """
        entries = read_elsewhere(Path(file))
        with self._connection(writes=True) as connection:
            if entries is not None:
                return import_elsewhere(connection, entries, blocks(), self._clock())
            return import_file(connection, Path(file), self._clock())

    def claims(self, design_id: str | None = None) -> list[dict[str, Any]]:
        """What others say of a design, or of each: ``design_id``, ``origin``, ``claim``; oldest first."""
        with self._connection() as connection:
            return claims_of(connection, design_id)


def is_there(place: str | Path | None) -> bool:
    """Whether an archive at a place was begun; of one on a server nothing is known before it is opened."""
    named = _place(place)
    return "://" in named or Path(named).exists()


def _place(given: str | Path | None) -> str:
    return str(given or os.environ.get("MASDESIGN_ARCHIVE") or DEFAULT)


@contextmanager
def opened(archive: Archive | str | Path | None) -> Iterator[Archive]:
    """An archive that is open already, left open; or the one at a place, closed afterwards."""
    if isinstance(archive, Archive):
        yield archive
        return
    with Archive(archive) as store:
        yield store
