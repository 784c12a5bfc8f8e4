"""What an archive amounts to: leaderboards from val scores, and its numbers."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from masdesign.archive.leaderboard import Leaderboard, Standing
from masdesign.archive.tables import schema
from masdesign.archive.tables.designs import failures_of, parts
from masdesign.archive.tables.evaluations import scores_of, summaries
from masdesign.archive.tables.runs import count
from masdesign.archive.val_scores import ValScore, are_many, few_of_many, on_val, undominated, val_scores
from masdesign.statistics.shrinkage import Counts, fit, to_read
from masdesign.tasks.task import Task


def leaderboard(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> Leaderboard:
    """All designs that were scored on all of val, with what to expect of each (see `val_scores.on_val`).

    Designs that were stopped early do not stand on it, but their scores, too, say how far the best is to
    be believed.
    """
    where = on_val(connection, task, model, run)
    if where is None:
        return Leaderboard()
    scores = val_scores(connection, where)
    return _board(connection, scores, [score for score in scores if score.complete])


def leaders(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> Leaderboard:
    """The same without some designs that are neither the best nor on the frontier.

    Of very many evaluations the database counts most and only those are read that matter, so that it
    takes milliseconds. The first of the ranking and the frontier are those of `leaderboard`.
    """
    where = on_val(connection, task, model, run)
    if where is None:
        return Leaderboard()
    tallies = None
    if are_many(connection, where):
        scores, tallies = few_of_many(connection, where)
    else:
        scores = val_scores(connection, where)
    return _board(connection, scores, undominated(s for s in scores if s.complete), tallies)


def _board(
    connection: Connection,
    scores: Sequence[ValScore],
    wanted: Sequence[ValScore],
    tallies: Counts | None = None,
) -> Leaderboard:
    estimated = estimates(connection, scores, tallies)
    designs, order = schema.designs, dict[str, int]()
    for part in parts([score.design_id for score in wanted]):
        rows = connection.execute(select(designs.c.id, designs.c.seq).where(designs.c.id.in_(part)))
        order |= {row.id: row.seq for row in rows}
    return Leaderboard(
        Standing(
            score.design_id,
            score.score,
            score.items,
            score.tokens_per_item,
            estimate=estimated[score.design_id],
            order=order[score.design_id],
        )
        for score in wanted
    )


def estimates(
    connection: Connection,
    scores: Sequence[ValScore],
    tallies: Counts | None = None,
) -> dict[str, float]:
    """What to expect of each design on other items.

    Of many designs only some are read item by item.

    Parameters:
        tallies: number of designs by (score, items), where ``scores`` holds only some of the designs.
    """
    chosen = [scores[place] for place in to_read([score.score for score in scores])]
    by_design = scores_of(connection, {seq: score.design_id for score in chosen for seq in score.evaluations})
    read = [score for score in chosen if by_design[score.design_id]]
    every = Counter(tallies) if tallies else Counter((score.score, score.items) for score in scores)
    others = every - Counter((score.score, score.items) for score in read)
    by_item = [by_design[score.design_id] for score in read]
    fitted = fit(by_item, others)
    estimated = dict(zip([score.design_id for score in read], fitted.of(by_item), strict=True))
    rest = [score for score in scores if score.design_id not in estimated]
    means = fitted.of_means([score.score for score in rest], [score.items for score in rest])
    return estimated | {score.design_id: mean for score, mean in zip(rest, means, strict=True)}


def stats(connection: Connection) -> dict[str, Any]:
    """Rows by table, failures of designs by kind, and for each task and model its evaluations.

    ``tasks``: [{``task``, ``task_version``, ``model``, ``designs``, ``complete``, ``best_val``}], where
    ``best_val`` is the highest raw val score of a complete evaluation made here, or null.
    """
    tables = ("designs", "evaluations", "results", "failures", "runs", "proposals", "openings", "insights")
    assert set(tables) <= set(schema.tables.tables)
    kinds = Counter(failure.kind for _, _, failure, _ in failures_of(connection))
    return {
        **{table: count(connection, table) for table in tables},
        "by_kind": dict(kinds),
        "tasks": _tasks(connection),
    }


def _tasks(connection: Connection) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for summary in summaries(connection, foreign=False):
        groups.setdefault((summary.task, summary.task_version, summary.model), []).append(summary)
    rows = []
    for (task, version, model), members in sorted(groups.items()):
        scores = [s.score for s in members if s.complete and s.split == "val"]
        rows.append(
            {
                "task": task,
                "task_version": version,
                "model": model,
                "designs": len({s.design_id for s in members}),
                "complete": len(scores),
                "best_val": max(scores, default=None),
            }
        )
    return rows
