"""Events against the victim, what came of each, and the table."""

import random
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from masdesign.chaos.events import EVENTS
from masdesign.chaos.scene import ChaosScene, NotPossible
from masdesign.chaos.server import chaos_server
from masdesign.chaos.victim import Victim

RESUMES = 3
"""Times that a disturbed search is gone on with before it counts as lost."""


@dataclass(frozen=True, slots=True)
class WholeRun:
    """The undisturbed search."""

    seconds: float
    digest: str
    answered: int
    """Requests that the provider answered."""


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What came of one event."""

    event: str
    number: int
    ended: str
    """``as undisturbed``, ``resumed``, ``skipped``, or what is wrong."""
    line: str = ""
    """The last line that the disturbed search wrote."""
    paid_again: int = 0
    """Answers that the provider gave a second time."""

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, wrong or unclear."""
        return self.ended in ("as undisturbed", "resumed", "skipped")


def run_chaos(
    names: Sequence[str],
    events: int,
    *,
    folder: Path,
    seed: int = 0,
    database: str = "",
    jobs: int = 1,
    done: Sequence[EventOutcome] = (),
    on_outcome: Callable[[EventOutcome], None] = lambda outcome: None,
) -> list[EventOutcome]:
    """Disturb a search ``events`` times, with each of the named events in turn.

    Parameters:
        names: events of `masdesign.chaos.events.EVENTS`.
        folder: where searches are kept while they run; those that went wrong stay.
        seed: of all moments and choices.
        database: URL of a PostgreSQL server for the events that need one; they are skipped without.
        jobs: how many searches are disturbed at the same time.
        done: outcomes of some of the events, had before with the same names and seed; the others follow.
        on_outcome: called with each outcome as soon as it is known.
    """
    outcomes = {outcome.number: outcome for outcome in done}
    left = [number for number in range(events) if number not in outcomes]
    if not left:
        return [outcomes[number] for number in range(events)]
    rng = random.Random(seed)
    seeds = [rng.random() for _ in range(events)]
    with chaos_server() as add, ThreadPoolExecutor(jobs) as pool:
        model = add("whole", random.Random(seed))
        whole = Victim(folder / "whole", model.url, key=model.key)
        began = time.monotonic()
        ending = whole.wait(whole.start())
        if ending.code != 0:
            raise RuntimeError(f"the undisturbed search failed: {ending.last_line}")
        whole_run = WholeRun(time.monotonic() - began, whole.digest(), model.answered)

        def disturb(number: int) -> EventOutcome:
            own = random.Random(seeds[number])
            model = add(f"key-{number}", random.Random(own.random()))
            victim = Victim(folder / f"event{number}", model.url, seconds=whole_run.seconds, key=model.key)
            return _outcome(
                ChaosScene(victim, model, own, database), names[number % len(names)], number, whole_run
            )

        try:
            for future in as_completed([pool.submit(disturb, number) for number in left]):
                outcome = future.result()
                outcomes[outcome.number] = outcome
                on_outcome(outcome)
                if outcome.is_good:
                    shutil.rmtree(folder / f"event{outcome.number}")
        finally:
            pool.shutdown(cancel_futures=True)
    return [outcomes[number] for number in range(events)]


def _outcome(scene: ChaosScene, name: str, number: int, whole: WholeRun) -> EventOutcome:
    victim, model = scene.victim, scene.model
    try:
        ending = EVENTS[name](scene)
    except NotPossible as error:
        return EventOutcome(name, number, "skipped", str(error))
    line = "" if ending.code == 0 else ending.last_line
    (victim.folder / "stderr.txt").write_text(ending.err, encoding="utf-8")
    if ending.code is None:
        return EventOutcome(name, number, "hung", line)
    if not ending.is_clear:
        return EventOutcome(name, number, "unclear ending", line)
    if ending.code == 0 and _same(victim, whole.digest):
        return EventOutcome(name, number, "as undisturbed", line, model.answered - whole.answered)
    for _ in range(RESUMES):
        again = victim.go_on()
        if again.code == 0:
            break
    else:
        return EventOutcome(name, number, f"not resumed: {again.last_line}", line)
    ended = "resumed" if _same(victim, whole.digest) else "another archive"
    return EventOutcome(name, number, ended, line, model.answered - whole.answered)


def _same(victim: Victim, digest: str) -> bool:
    exists = "://" in victim.archive or Path(victim.archive).exists()
    return exists and victim.digest() == digest


def table(outcomes: Iterable[EventOutcome]) -> str:
    """Return the outcomes as a table in Markdown, a row an event."""
    rows: dict[str, list[EventOutcome]] = {}
    for outcome in outcomes:
        rows.setdefault(outcome.event, []).append(outcome)
    lines = [
        "| event | times | as undisturbed | resumed, same archive | skipped | wrong | most paid again |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, members in rows.items():
        counts = [
            sum(outcome.ended == ended for outcome in members)
            for ended in ("as undisturbed", "resumed", "skipped")
        ]
        wrong = sum(not outcome.is_good for outcome in members)
        cells = [name, len(members), *counts, wrong, max(outcome.paid_again for outcome in members)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"
