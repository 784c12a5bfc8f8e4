"""`evaluate`: one design on the items of one split, every failure a value, never an exception."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from masdesign.building_blocks import fingerprint
from masdesign.building_blocks.fingerprint import structured_version
from masdesign.errors import BudgetExhausted, InputError, SourceError, UnusableReplies
from masdesign.evaluation.aside import SettingAside
from masdesign.evaluation.endings import LEAST, check_replies
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scoring, check_scorer, scorer_of
from masdesign.lm import LM
from masdesign.protocols import OpenedTest
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.tasks.forms import FORMS, LINE
from masdesign.types import ChoosingSplit, Failure, Item, Result, Split
from masdesign.workflow import Design, Runtime
from masdesign.workflow.run import takes

_log = logging.getLogger(__name__)
PROBE = 4
"""Items that are run before the others, to see whether a design works at all."""


Where = ChoosingSplit | OpenedTest
"""The items that are scored: a split that may decide something, or a recorded opening of test."""


class EvaluationEnded(UnusableReplies):
    """Most replies were of no use; ``partial`` holds the finished items, the first of the order."""

    def __init__(self, message: str, partial: Evaluation) -> None:
        super().__init__(message)
        self.partial = partial


class EvaluationCut(BudgetExhausted):
    """The budget ended before the items did; ``partial`` holds the finished ones, the first of the order."""

    def __init__(self, message: str, partial: Evaluation) -> None:
        super().__init__(message)
        self.partial = partial


async def evaluate(
    design: Design,
    task: Task,
    where: Where,
    runtime: Runtime,
    *,
    items: Sequence[Item] | None = None,
    ledger: Ledger | None = None,
    on_result: Callable[[Result], None] | None = None,
    probe: bool = False,
) -> Evaluation:
    """Run a design on the items of a split and score what it answers.

    ``where`` is ``"train"``, ``"val"``, or a recorded opening of test that names the design
    (`masdesign.session.Opening`): there is no other way to score test.

    Items run concurrently; results stand in the order of the items and do not depend on timing.
    Where a provider failed an item, it is unscored; where the design failed, or no answer could be
    read, it scores 0.

    Parameters:
        items: some of the split's items, in the split's order; the evaluation is then partial.
        ledger: opens an account an item, in order (the runtime's models charge it, see `open_runtime`).
        on_result: called with each result, in the order of the items, as soon as it is there.
        probe: run the first `PROBE` items alone; where the design fails all of them by its own fault and
            in the same words, the others are taken to fail alike and are not run. So a design that
            loops for ever costs seconds. Where most of the first `LEAST` replies or more are cut, unreadable
            or refused, the evaluation ends (unless the runtime is to ``keep_going``).

    Raises:
        EvaluationCut: the budget is spent. It bears the evaluation of the items before that.
        EvaluationEnded: most replies are of no use; likewise.
        CredentialsError: a key was refused.
        InputError: the task's scorer fails too often (`check_scorer`), or ``where`` does not open test for
            the design.
        SourceError: the design is not well-formed.
    """
    split = split_of(where, design)
    chosen = items_of(task, where) if items is None else items
    runtime = runtime if runtime.asking == task.asking else replace(runtime, asking=task.asking)
    evaluation = empty_evaluation(design, task, split, runtime)
    results: list[Result] = []

    scoring = Scoring(task, runtime, split)

    def keep(result: Result) -> None:
        results.append(result)
        if on_result is not None:
            on_result(result)
        check_scorer(results, len(chosen), scoring.scorer.name)
        if probe and not runtime.keep_going and LEAST <= len(results) < len(chosen):
            check_replies(results, "evaluation")

    aside = SettingAside(design, task, chosen, runtime, keep)

    async def run(some: Sequence[Item]) -> None:
        calls, remaining = scoring.calls, aside.asked(some)
        await run_each(
            design, remaining, runtime, scoring.result, aside.keep, ledger=ledger, judge_calls=calls
        )
        aside.flush()

    probed = chosen[:PROBE] if probe else ()
    try:
        await run(probed)
        failure = _common_failure(results)
        if failure is None:
            await run(chosen[len(probed) :])
        else:
            for item in aside.asked(chosen[len(probed) :]):
                cluster = task.clusters(split).get(item.id, "")
                aside.keep(item, Result(item.id, None, 0.0, failure=failure, cluster=cluster))
            aside.flush()
    except BudgetExhausted as error:
        raise EvaluationCut(str(error), evaluation.extended(results)) from error
    except UnusableReplies as error:
        raise EvaluationEnded(str(error), evaluation.extended(results)) from error
    finally:
        _log.info(
            "%s on %s %s: %d of %d items",
            design.name or design.id,
            task.name,
            split,
            len(results),
            len(chosen),
        )
    return evaluation.extended(results)


def split_of(where: Where, design: Design | None = None) -> Split:
    """The split that is scored.

    Raises InputError where that is test and no opening, or one that does not name the design. The plain
    baselines may be scored in every opening, since a result is read beside them.
    """
    if isinstance(where, str):
        if where not in get_args(ChoosingSplit):
            raise InputError(
                f"split {where!r} cannot be scored like this: test needs a recorded opening "
                "(masdesign.session.Opening); the other splits are train and val"
            )
        return where
    if design is not None and design.id not in where.designs and design.origin != "baseline":
        raise InputError(
            f"design {design.name or design.id} is not part of the opening {where.key}; record another"
        )
    return "test"


def items_of(task: Task, where: Where) -> tuple[Item, ...]:
    """The items of a split, or those that an opening of test names."""
    return task.items(where) if isinstance(where, str) else task.unseal(where)


def _common_failure(results: Sequence[Result]) -> Failure | None:
    """The design's own failure that all results share, if they do."""
    failures = {result.failure for result in results}
    shared = failures.pop() if len(failures) == 1 else None
    return shared if shared is not None and shared.kind == "design" else None


def empty_evaluation(design: Design, task: Task, split: Split, runtime: Runtime) -> Evaluation:
    """The evaluation of no item yet; its ``key`` tells whether one is there already."""
    return Evaluation(
        design_id=design.id,
        task=task.name,
        task_version=task.version,
        split=split,
        model=model_label(runtime.models),
        world=runtime.world,
        fingerprint=_fingerprint(design, task, runtime),
        size=task.size(split),
        results=(),
    )


def model_label(models: Mapping[str, LM]) -> str:
    """The default model's id; where designs may ask for others, all of them, as ``id small=id large=id``."""
    ids = {name: lm.model for name, lm in models.items()}
    default = ids.pop("")
    named = [f"{name}={model}" for name, model in sorted(ids.items())]
    return " ".join([default, *named])


def native_of(runtime: Runtime) -> dict[str, list[str]]:
    """What shapes the prompts of each model, by its name: ``schema``, and ``tools`` where designs act."""
    shaping = ("schema", "tools") if runtime.acting is not None else ("schema",)
    used = {name: [what for what in shaping if takes(lm, what)] for name, lm in runtime.models.items()}
    return {name: shapes for name, shapes in used.items() if shapes}


def _fingerprint(design: Design, task: Task, runtime: Runtime) -> str:
    """The versions of blocks and templates, and what was allowed beyond the task's own rules."""
    try:
        parts = [fingerprint(design.source, runtime.blocks)]
    except SourceError:
        parts = [""]
    if task.form.name not in (LINE.name, "number"):  # asked alike, and told apart by the task's version
        parts.append(f"form={task.form.name}:{FORMS.ref(task.form).version}")
    if runtime.tools != task.tools:
        parts.append("tools=" + ",".join(sorted(runtime.tools)))
    if runtime.embedding is not None and ("retrieval" in runtime.tools or runtime.memory.digest):
        parts.append(f"embedding={runtime.embedding.model}")
    if runtime.allow_no_calls:
        parts.append("no-calls")
    if runtime.memory.digest:
        parts.append(f"memory={runtime.memory.digest}")
    if runtime.acting is not None:
        environment = runtime.acting.environment
        parts.append(f"environment={environment.name}@{environment.version}")
        if environment.calls:
            parts.append(f"user={runtime.acting.identity}")
        if runtime.acting.embedding and "retrieval" not in runtime.tools:
            parts.append(f"embedding={runtime.acting.embedding}")
    if native := native_of(runtime):
        parts.append(f"native={json.dumps(native, sort_keys=True)}:{structured_version()}")
    if scorer_of(task).calls and "judge" in runtime.roles:
        parts.append(f"judge={runtime.roles['judge'].model}")
    return "+".join(parts)
