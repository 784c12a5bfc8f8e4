"""What the archive already knows: the designs that did best on similar tasks."""

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

from masdesign.archive import Archive, Entry
from masdesign.errors import SourceError
from masdesign.evaluation.evaluator import model_label
from masdesign.search.grammar.generate import MAX_CALLS
from masdesign.tasks import Task
from masdesign.workflow import Design, Runtime, check

EARLIER = 40
"""Designs of earlier runs on the same task that a run is told of, at most."""
MOST = 4
"""Designs that a run begins with, at most."""


def seeds_of(archive: Archive, run: str, task: Task, runtime: Runtime) -> list[Design]:
    """What a run begins with: a new one with what is `transferable`, one that goes on with what it had."""
    record = archive.run(run) if run else None
    if record is None:
        return transferable(archive, task, runtime)
    return [archive.design(design_id) for design_id in record.settings.get("seeds", ())]


def earlier_of(archive: Archive, run: str, task: Task, runtime: Runtime) -> list[Entry]:
    """What earlier runs found on this very task with these models, best first."""
    record = archive.run(run) if run else None
    if record is None:
        standings = archive.ranking(task, model_label(runtime.models))[:EARLIER]
        rows = [(s.design_id, s.score, s.tokens, s.items) for s in standings]
    else:
        rows = [tuple(row) for row in record.settings.get("earlier", ())]
    return [Entry(archive.design(i), score, tokens, n, None, "complete") for i, score, tokens, n in rows]


Kind = tuple[str, str]
"""A task's name and a model's label."""


def transferable(archive: Archive, task: Task, runtime: Runtime, most: int = MOST) -> list[Design]:
    """The best designs on similar tasks by their val scores made here, the most promising first.

    Tasks with the same metric go first, among equals those that the same model answered. The best of
    each are taken before the second best. Left out is what was found on this very task, so that a search
    made again is the same search (``--run`` goes on with one); plain baselines, which every run has; what
    this run's blocks, models or tools do not admit; and what may make more calls than the run keeps aside
    for its look at test.
    """
    label = model_label(runtime.models)
    designs: dict[str, Design] = {}
    for kinds in _by_similarity(archive, task, label):
        rankings = [_best(archive, kind, runtime, most) for kind in kinds]
        for design in (d for row in zip_longest(*rankings) for d in row if d is not None):
            designs.setdefault(design.id, design)
        if len(designs) >= most:
            break
    return list(islice(designs.values(), most))


def _by_similarity(archive: Archive, task: Task, label: str) -> list[list[Kind]]:
    """Tasks and models with complete evaluations, the most similar group first."""
    # of searches and ablations; comparisons and distillations do not say what the task admits
    settings = {run.task: run.settings for run in archive.runs() if "metric" in run.settings}
    places = {(s.task, s.model) for s in archive.summaries(split="val", complete=True, foreign=False)}
    groups: dict[tuple[bool, bool], list[Kind]] = {}
    for name, model in sorted(places):
        if name != task.name and _tools(settings.get(name, {})) <= task.tools:
            metric = settings.get(name, {}).get("metric")
            unlike = (metric != task.metric.name, model != label)
            groups.setdefault(unlike, []).append((name, model))
    return [groups[unlike] for unlike in sorted(groups)]


def _tools(settings: Any) -> frozenset[str]:
    return frozenset(map(str, settings.get("tools", ())))


def _best(archive: Archive, kind: Kind, runtime: Runtime, most: int) -> Iterator[Design]:
    """The best designs of one task and model that can be run here, best first."""
    ranked = (archive.design(r.design_id) for r in archive.ranking(*kind))
    return islice((d for d in ranked if d.origin != "baseline" and is_playable(d, runtime)), most)


def is_playable(design: Design, runtime: Runtime) -> bool:
    try:
        checked = check(design.source, runtime.blocks, models=tuple(runtime.models))
    except SourceError:
        return False
    return checked.call_bound <= MAX_CALLS
