"""How the designs of the archive stand on one task and model: candidates for `select.rank`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from masdesign.archive import schema
from masdesign.archive.designs import parts
from masdesign.archive.evaluations import Summary, model_fits, scores_of
from masdesign.archive.select import Candidate
from masdesign.evaluation.shrinkage import MOST_FITTED, fit, to_fit
from masdesign.tasks.cards import name_of
from masdesign.tasks.task import Task


class Standing(NamedTuple):
    """A design's val score, of its evaluations that count."""

    design_id: str
    score: float
    items: int
    tokens_per_item: float
    complete: bool
    evaluations: tuple[int, ...]
    """Their numbers."""
    stands_for: float = 1.0
    """How many designs it stands for: more than one where not all that were stopped early are read."""


def standing_of(summary: Summary) -> Standing:
    """What one evaluation says of its design."""
    figures = (summary.score, summary.items, summary.tokens_per_item, summary.complete)
    return Standing(summary.design_id, *figures, (summary.seq,))


def standings(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> list[Standing]:
    """One for each design that was scored on val here; none where there is no complete evaluation.

    Of a design's evaluations those count that have the most items (its worlds together), complete ones
    before partial ones; where blocks have changed since, those of the newest versions. Of very many partial
    ones a sample stands for all.
    """
    name, version = (name_of(task), None) if isinstance(task, str) else (task.name, task.version)
    table = schema.evaluations
    ours = [table.c.task == name, table.c.split == "val", table.c.foreign_.is_(False)]
    if version is not None:
        ours.append(table.c.task_version == version)
    if run is not None:
        link = schema.run_evaluations
        ours.append(table.c.seq.in_(select(link.c.evaluation).where(link.c.run == run)))
    kind = (table.c.task_version, table.c.model)
    whole = select(func.max(table.c.seq), *kind).where(*ours, table.c.complete.is_(True)).group_by(*kind)
    kinds = connection.execute(whole)
    fitting = [tuple(row) for row in kinds if model is None or model_fits(row.model, model)]
    if not fitting:
        return []
    _, version, model = max(fitting)
    ours += [table.c.task_version == version, table.c.model == model, table.c["items"] > 0]
    partial = [*ours, table.c.complete.is_(False)]
    count = connection.execute(select(func.count()).select_from(table).where(*partial)).scalar_one()
    every = max(1, count // MOST_FITTED)
    columns = [
        *(table.c.design_id, table.c.score, table.c["items"].label("answered"), table.c.tokens_per_item),
        *(table.c.complete, table.c.seq, table.c.size, table.c.fingerprint),
    ]
    by_design: dict[str, list[Any]] = {}
    for which in ([*ours, table.c.complete.is_(True)], [*partial, table.c.seq % every == 0]):
        for row in connection.execute(select(*columns).where(*which).order_by(table.c.seq)).all():
            by_design.setdefault(row[0], []).append(row)
    return [_together(rows, every) for rows in by_design.values()]


def _together(rows: Sequence[Any], every: int) -> Standing:
    if len(rows) == 1:
        design, score, items, tokens, complete, seq, *_ = rows[0]
        return Standing(design, score, items, tokens, complete, (seq,), 1 if complete else every)
    whole = [row for row in rows if row.complete] or rows
    size = max(row.size for row in whole)
    newest = [row for row in whole if row.size == size][-1].fingerprint
    group = [row for row in whole if row.size == size and row.fingerprint == newest]
    items = sum(row.answered for row in group)
    score = sum(row.score * row.answered for row in group) / items
    tokens = sum(row.tokens_per_item * row.answered for row in group) / items
    seqs = tuple(row.seq for row in group)
    complete = group[0].complete
    return Standing(group[0].design_id, score, items, tokens, complete, seqs, 1 if complete else every)


def leading(found: Iterable[Standing]) -> list[Standing]:
    """Without those that one of the same score on as many items beats in tokens.

    Few are kept of many: there are no more scores than items.
    """
    every, fewest = list(found), dict[tuple[float, int], float]()
    for one in every:
        fewest[one.score, one.items] = min(
            one.tokens_per_item, fewest.get((one.score, one.items), one.tokens_per_item)
        )
    return [one for one in every if fewest[one.score, one.items] == one.tokens_per_item]


def candidates(
    connection: Connection, found: Sequence[Standing], *, all_of_them: bool = True
) -> list[Candidate]:
    """The designs that were scored on all of val, with what to expect of each.

    Those that were stopped early are no candidates, but their scores, too, say how far the best is to be
    believed. Unless ``all_of_them`` are wanted, some are left out: not the best, nor one of the frontier.
    """
    complete = [one for one in found if one.complete]
    estimated = estimates(connection, found, complete if all_of_them else leading(complete))
    wanted = [one for one in complete if one.design_id in estimated]
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
    connection: Connection, found: Sequence[Standing], wanted: Sequence[Standing]
) -> dict[str, float]:
    """What to expect on other items of the designs ``wanted``, and of those that the estimate is fitted on.

    It is fitted on all of ``found``, or, where these are very many, on some that stand for them: only
    theirs are read item by item.
    """
    chosen = [(found[place], count) for place, count in to_fit([one.score for one in found])]
    stand_for = {one: count * one.stands_for for one, count in chosen}
    read = scores_of(connection, {seq: one.design_id for one in stand_for for seq in one.evaluations})
    scores = {one.design_id: read[one.design_id] for one in stand_for if read[one.design_id]}
    fitted = fit(list(scores.values()), [n for one, n in stand_for.items() if one.design_id in scores])
    estimated = dict(zip(scores, fitted.of(list(scores.values())), strict=True))
    others = [one for one in wanted if one.design_id not in estimated]
    if others:
        means = fitted.of_means([one.score for one in others], [one.items for one in others])
        estimated |= {one.design_id: mean for one, mean in zip(others, means, strict=True)}
    return estimated
