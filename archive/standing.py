"""How the designs of the archive stand on one task and model: candidates for `select.rank`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from masdesign.archive import schema
from masdesign.archive.evaluations import Summary, scores_of, summaries
from masdesign.archive.select import Candidate
from masdesign.evaluation.shrinkage import fit, to_fit
from masdesign.tasks.cards import name_of
from masdesign.tasks.task import Task


def candidates(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> list[Candidate]:
    """One candidate for each design with a complete evaluation on val that was made here.

    Of a design's evaluations those count that have the most items (its worlds together); where blocks have
    changed since, those of the newest versions. Designs that were stopped early are no candidates, but
    their scores, too, say how far the best is to be believed.
    """
    name, version = (name_of(task), None) if isinstance(task, str) else (task.name, task.version)
    found = summaries(
        connection, task=name, task_version=version, split="val", model=model, run=run, foreign=False
    )
    complete = [summary for summary in found if summary.complete]
    if not complete:
        return []
    latest = (complete[-1].task_version, complete[-1].model)
    groups = _by_design(s for s in found if (s.task_version, s.model) == latest and s.items)
    estimated = estimates(connection, groups)
    order = {row.id: row.seq for row in connection.execute(select(schema.designs.c.id, schema.designs.c.seq))}
    return [
        Candidate(
            design_id=design_id,
            score=_mean(group, "score"),
            estimate=estimated[design_id],
            items=_items(group),
            tokens_per_item=_mean(group, "tokens_per_item"),
            order=order[design_id],
        )
        for design_id, group in groups.items()
        if group[0].complete
    ]


def estimates(connection: Connection, groups: Mapping[str, Sequence[Summary]]) -> dict[str, float]:
    """What to expect of each design on other items, from the evaluations of all (those of one together).

    Very many are read item by item only as far as the estimate is fitted on them.
    """
    ids, means = list(groups), [_mean(group, "score") for group in groups.values()]
    chosen = to_fit(means)
    stand_for = {ids[place]: count for place, count in chosen}
    read = scores_of(connection, {s.seq: design for design in stand_for for s in groups[design]})
    scores = {design: read[design] for design in stand_for if read[design]}
    fitted = fit(list(scores.values()), [stand_for[design] for design in scores])
    estimated = dict(zip(scores, fitted.of(list(scores.values())), strict=True))
    others = [(design, mean) for design, mean in zip(ids, means, strict=True) if design not in estimated]
    if others:
        found = fitted.of_means(
            [mean for _, mean in others], [_items(groups[design]) for design, _ in others]
        )
        estimated |= {design: value for (design, _), value in zip(others, found, strict=True)}
    return estimated


def _by_design(found: Iterable[Summary]) -> dict[str, list[Summary]]:
    """Each design's evaluations that count."""
    groups: dict[str, list[Summary]] = {}
    for summary in found:
        groups.setdefault(summary.design_id, []).append(summary)
    return {design: _counting(group) for design, group in groups.items()}


def _counting(found: list[Summary]) -> list[Summary]:
    """The complete ones before partial ones; of these the largest, of the newest versions of the blocks."""
    whole = [summary for summary in found if summary.complete] or found
    size = max(summary.size for summary in whole)
    newest = [s for s in whole if s.size == size][-1].fingerprint
    return [s for s in whole if s.size == size and s.fingerprint == newest]


def _items(group: Sequence[Summary]) -> int:
    return sum(summary.items for summary in group)


def _mean(group: Sequence[Summary], figure: str) -> float:
    total: float = sum(getattr(summary, figure) * summary.items for summary in group)
    return total / _items(group)
