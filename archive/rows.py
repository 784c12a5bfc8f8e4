"""Designs of an archive as rows: what the command line lists and shows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from masdesign.archive.leaderboard import Standing
from masdesign.archive.store import Archive
from masdesign.archive.tables.designs import AT_ONCE, Stored
from masdesign.archive.tables.evaluations import Summary
from masdesign.archive.tables.runs import OpeningRecord
from masdesign.tasks.cards import name_of

Row = dict[str, Any]
_COSTS = ("tokens_per_item", "calls_per_item", "usd_per_item")


def rows(
    archive: Archive, stored: Sequence[Stored], *, task: str | None = None, model: str | None = None
) -> list[Row]:
    """For each design one row for each task (version) and model that it was evaluated with.

    A design that was not evaluated has one row without task and model, unless these are asked for.
    ``val`` and ``test`` are scores or null; ``test_openings`` is how often the items of ``test`` were looked
    at in this archive; ``blank_control`` is the design's score on test, or else on val, with every completion
    blank, null where that was not tried; where all there is was imported, ``foreign`` is true.
    """
    name, stored = None if task is None else name_of(task), list(stored)
    by_design: dict[str, list[Summary]] = {}
    few = [each.design.id for each in stored] if len(stored) <= AT_ONCE else None
    for summary in archive.summaries(task=name, model=model, designs=few):
        by_design.setdefault(summary.design_id, []).append(summary)
    every = [summary for each in stored for summary in by_design.get(each.design.id, ())]
    opened, controls = archive.times_opened(every), archive.controls(every)
    result = []
    for each in stored:
        groups: dict[tuple[str, str, str], list[Summary]] = {}
        for summary in by_design.get(each.design.id, ()):
            groups.setdefault((summary.task, summary.task_version, summary.model), []).append(summary)
        result += [row(each, group, opened, controls) for group in groups.values()]
        if not groups and task is None and model is None:
            result.append(row(each, (), opened, controls))
    return result


def row(
    stored: Stored, group: Sequence[Summary], opened: Mapping[int, int], controls: Mapping[int, float]
) -> Row:
    """One design with its evaluations on one task and model.

    ``opened`` is what `Archive.times_opened` gives, ``controls`` what `Archive.controls` does.
    """
    design, val, test = stored.design, _main(group, "val"), _main(group, "test")
    shown = val or test or (group[0] if group else None)
    blanks = [controls.get(summary.seq) for summary in (test, val) if summary is not None]
    return {
        "id": design.id,
        "name": design.name,
        "origin": design.origin,
        "parents": list(design.parents),
        "task": shown.task if shown else None,
        "task_version": shown.task_version if shown else None,
        "model": shown.model if shown else None,
        "val": score(val),
        "test": score(test),
        "test_openings": None if test is None else opened[test.seq],
        "blank_control": next((blank for blank in blanks if blank is not None), None),
        "tokens_per_item": shown.tokens_per_item if shown else None,
        "complete": bool(val and val.complete),
        "foreign": bool(shown and shown.foreign),
        "created": iso(stored.created),
    }


def _main(group: Sequence[Summary], split: str) -> Summary | None:
    """The evaluation to show of several: ours before imported, complete before partial, more items, newer."""
    fitting = [s for s in group if s.split == split and s.items]
    return max(fitting, key=lambda s: (not s.foreign, s.complete, s.items, -s.world, s.seq), default=None)


def score(summary: Summary | None) -> dict[str, float | int] | None:
    """A *score* as JSON shows it."""
    if summary is None:
        return None
    return {"score": summary.score, "low": summary.low, "high": summary.high, "items": summary.items}


def iso(seconds: float) -> str:
    """A date for people and programs.

    >>> iso(0.0)
    '1970-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def ranked_rows(archive: Archive, ranking: Sequence[Standing], task: str, model: str | None) -> list[Row]:
    """The rows of ranked designs, in their order, with ``val_shrunk``."""
    result = []
    for ranked in ranking:
        stored = archive.stored(ranked.design_id)
        ours = [
            s
            for s in archive.summaries(task=name_of(task), model=model, design_id=stored.design.id)
            if not s.foreign
        ]
        latest = [s for s in ours if s.split == "val" and s.complete][-1]
        group = [s for s in ours if (s.task_version, s.model) == (latest.task_version, latest.model)]
        shown = row(stored, group, archive.times_opened(group), archive.controls(group))
        result.append({**shown, "val_shrunk": ranked.shrunk})
    return result


def full(archive: Archive, stored: Stored, *, items: bool = False) -> Row:
    """All that is known of a design: its row, code, lineage, results made here, imported evidence, failures.

    Further: the names under which it is a block (``promoted_as``), what it was distilled into
    (``distillates``) and from (``distilled_from``), and the openings of test that it was in. With ``items``
    every result has its items, with answer and score.
    """
    design_id = stored.design.id
    summaries = archive.summaries(design_id=stored.design.id)
    groups = [s for s in summaries if s.split in ("val", "test")] or summaries
    latest = [s for s in groups if not s.foreign] or groups
    main = [s for s in summaries if latest and _place(s) == _place(latest[-1])]
    family = archive.lineage(stored.design.id)
    opened, controls = archive.times_opened(summaries), archive.controls(summaries)
    return {
        **row(stored, main, opened, controls),
        "source": stored.design.source,
        "thought": stored.design.thought,
        "lineage": asdict(family),
        "promoted_as": [name for name, block in archive.promoted().items() if block.version == design_id],
        **_distillations(archive, design_id),
        "openings": [_opening(o) for o in archive.openings() if design_id in o.designs],
        "results": [_evaluation(archive, s, items, opened, controls) for s in summaries if not s.foreign],
        "evidence": [_evaluation(archive, s, items, opened, controls) for s in summaries if s.foreign],
        "claims": [{k: c[k] for k in ("origin", "claim")} for c in archive.claims(stored.design.id)],
        "failures": [
            {"run": run, **asdict(failure)} for _, run, failure in archive.failures(stored.design.id)
        ],
    }


def _distillations(archive: Archive, design_id: str) -> Row:
    """The finished distillations of the design, and those that ended in it, oldest first."""
    links: Row = {"distillates": [], "distilled_from": []}
    for run in archive.runs():
        outcome = run.outcome or {}
        if not all(isinstance(outcome.get(name), str) for name in ("design", "distillate")):
            continue
        link = {name: outcome.get(name) for name in ("method", "student_model", "verdict")}
        link = {"run": run.name, "task": run.task, "model": run.model, **link, "foreign": run.foreign}
        if outcome["design"] == design_id:
            links["distillates"].append({"id": outcome["distillate"], **link})
        if outcome["distillate"] == design_id:
            links["distilled_from"].append({"id": outcome["design"], **link})
    return links


def _opening(opening: OpeningRecord) -> Row:
    counts = {"designs": len(opening.designs), "items": len(opening.items)}
    return {"run": opening.run, **counts, "foreign": opening.foreign, "created": iso(opening.created)}


def _place(summary: Summary) -> tuple[str, str, str]:
    return summary.task, summary.task_version, summary.model


def _evaluation(
    archive: Archive,
    summary: Summary,
    items: bool,
    opened: Mapping[int, int],
    controls: Mapping[int, float],
) -> Row:
    names = ("task", "task_version", "split", "model", "world", "fingerprint", "complete", "size")
    evaluation = archive.evaluation(summary)
    data: Row = {name: getattr(summary, name) for name in names}
    data |= {**(score(summary) or {}), **{name: getattr(summary, name) for name in _COSTS}}
    data["blank_control"] = controls.get(summary.seq)
    data |= {"unscored": summary.unscored, "failures": evaluation.failures, "created": iso(summary.created)}
    if evaluation.reasoning_per_item:
        data["reasoning_per_item"] = evaluation.reasoning_per_item
    if summary.seq in opened:
        data["openings"] = opened[summary.seq]
    if items:
        data["by_item"] = evaluation.to_json()["results"]
    return data
