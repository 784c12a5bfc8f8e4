"""The designs that may be the best of a task and model, with what to expect of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, select

from masdesign.archive import schema
from masdesign.archive.designs import parts
from masdesign.archive.evaluations import scores_of
from masdesign.archive.select import Candidate
from masdesign.archive.standing import Standing, leading, on_val, standings
from masdesign.archive.tallies import are_many, few_of_many
from masdesign.statistics.shrinkage import Counts, fit, to_read
from masdesign.tasks.task import Task


def candidates(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> list[Candidate]:
    """All designs that were scored on all of val, with what to expect of each (see `standing.on_val`).

    Those that were stopped early are no candidates, but their scores, too, say how far the best is to be
    believed.
    """
    where = on_val(connection, task, model, run)
    if where is None:
        return []
    found = standings(connection, where)
    return _candidates(connection, found, [one for one in found if one.complete])


def leaders(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> list[Candidate]:
    """The same with some left out: not the best, nor one of the frontier."""
    where = on_val(connection, task, model, run)
    if where is None:
        return []
    tallies = None
    if are_many(connection, where):
        found, tallies = few_of_many(connection, where)
    else:
        found = standings(connection, where)
    return _candidates(connection, found, leading(one for one in found if one.complete), tallies)


def _candidates(
    connection: Connection,
    found: Sequence[Standing],
    wanted: Sequence[Standing],
    tallies: Counts | None = None,
) -> list[Candidate]:
    estimated = estimates(connection, found, tallies)
    designs, order = schema.designs, dict[str, int]()
    for part in parts([one.design_id for one in wanted]):
        rows = connection.execute(select(designs.c.id, designs.c.seq).where(designs.c.id.in_(part)))
        order |= {row.id: row.seq for row in rows}
    return [
        Candidate(
            one.design_id,
            one.score,
            estimated[one.design_id],
            one.items,
            one.tokens_per_item,
            order[one.design_id],
        )
        for one in wanted
    ]


def estimates(
    connection: Connection,
    found: Sequence[Standing],
    tallies: Counts | None = None,
) -> dict[str, float]:
    """What to expect of each design on other items.

    Of many designs only some are read item by item.

    Parameters:
        tallies: how many designs of each score over so many items there are, where ``found`` are not all.
    """
    chosen = [found[place] for place in to_read([one.score for one in found])]
    scores = scores_of(connection, {seq: one.design_id for one in chosen for seq in one.evaluations})
    read = [one for one in chosen if scores[one.design_id]]
    every = Counter(tallies) if tallies else Counter((one.score, one.items) for one in found)
    others = every - Counter((one.score, one.items) for one in read)
    by_item = [scores[one.design_id] for one in read]
    fitted = fit(by_item, others)
    estimated = dict(zip([one.design_id for one in read], fitted.of(by_item), strict=True))
    rest = [one for one in found if one.design_id not in estimated]
    means = fitted.of_means([one.score for one in rest], [one.items for one in rest])
    return estimated | {one.design_id: mean for one, mean in zip(rest, means, strict=True)}
