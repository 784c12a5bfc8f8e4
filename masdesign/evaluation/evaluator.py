"""`evaluate`: one design on the items of one split, every failure a value, never an exception."""

import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from masdesign.building_blocks import fingerprint
from masdesign.building_blocks.fingerprint import structured_version
from masdesign.errors import BudgetExhausted, InputError, SourceError, UnusableReplies
from masdesign.evaluation.aside import SettingAside
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scoring, check_scorer, scorer_of
from masdesign.lm import LM
from masdesign.protocols import OpenedTest
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.tasks.forms import FORMS, LINE
from masdesign.types import ChoosingSplit, Failure, FailureKind, Item, Result, Split
from masdesign.workflow import Design, ItemOutcome, Runtime
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
    on_outcome: Callable[[Item, ItemOutcome], None] | None = None,
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
        on_outcome: called with each item and its outcome before that is scored, as they end.
        probe: run the first `PROBE` items alone; where the design fails all of them by its own fault and
            in the same words, the others are taken to fail alike and are not run. So a design that
            loops for ever costs seconds. Where most of the first `LEAST` replies or more are cut, unreadable
            or refused, the evaluation ends (unless the runtime is to ``keep_going``).

    Raises:
        EvaluationCut: the budget is spent. ``partial`` is the evaluation of the items before that.
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

    async def judge(item: Item, outcome: ItemOutcome) -> Result:
        if on_outcome is not None:
            on_outcome(item, outcome)
        return await scoring.result(item, outcome)

    async def run(some: Sequence[Item]) -> None:
        calls, remaining = scoring.calls, aside.asked(some)
        await run_each(design, remaining, runtime, judge, aside.keep, ledger=ledger, judge_calls=calls)
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
        name, counts = design.name or design.id, (len(results), len(chosen))
        _log.info("%s on %s %s: %d of %d items", name, task.name, split, *counts)
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
        name = design.name or design.id
        raise InputError(f"design {name} is not part of the opening {where.key}; record another")
    return "test"


def items_of(task: Task, where: Where) -> Sequence[Item]:
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


LEAST = 20
"""Items of one evaluation before it may end early."""
_WORDS: dict[FailureKind, tuple[str, str]] = {
    "cut": ("were cut{}", "set max_tokens higher"),
    "parse": ("could not be read", "see what the model writes, and set the answer form or the instruction"),
    "refused": (
        "were refused",
        "masdesign evaluate direct says why; reword the questions, or take another model",
    ),
}
_LENGTH = re.compile(r"cut after (\d+) tokens")


def check_replies(results: Sequence[Result], what: str = "run") -> None:
    """Raise `UnusableReplies` where more than half of the results are cut, unreadable or refused.

    >>> from masdesign.types import Failure
    >>> failure = Failure("cut", "no answer could be read: the last reply was cut after 512 tokens")
    >>> try:
    ...     check_replies([Result("a", None, 0.0, failure=failure)], "search")
    ... except UnusableReplies as error:
    ...     print(str(error)[:61])
    the search ends early: 1 of 1 replies were cut at 512 tokens;
    """
    failures = [r.failure for r in results if r.failure is not None and r.failure.kind in _WORDS]
    if 2 * len(failures) <= len(results):
        return
    counts = Counter(failure.kind for failure in failures)
    lengths = [int(match[1]) for failure in failures if (match := _LENGTH.search(failure.message))]
    at = f" at {max(lengths)} tokens" if lengths else ""
    words = ((count, *_WORDS[kind]) for kind, count in counts.most_common())
    parts = [f"{count} of {len(results)} replies {what.format(at)}; {cure}" for count, what, cure in words]
    raise UnusableReplies(f"the {what} ends early: {'. '.join(parts)}. What is done is kept")


def require_scored(evaluations: Sequence[Evaluation]) -> None:
    """Raise `InputError` where the evaluations have results, and no item of them was scored."""
    results = [result for evaluation in evaluations for result in evaluation.results]
    if results and all(result.score is None for result in results):
        raise InputError(
            f"no item was scored: {unscored_reason(evaluations)}; see whether the model answers "
            "(masdesign doctor), then run it again"
        )


def unscored_reason(evaluations: Sequence[Evaluation]) -> str:
    """The commonest failure of the items that were not scored, with their number."""
    results = [result for evaluation in evaluations for result in evaluation.results]
    failures = Counter(r.failure for r in results if r.score is None and r.failure is not None)
    if not failures:
        return f"{len(results)} items without a result"
    failure, count = failures.most_common(1)[0]
    return f"{count} of {len(results)} items failed ({failure.kind}: {failure.message})"
