"""masdesign evaluate: how good is one design on one task, and how sure is that?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import (
    archive_option,
    cache_path,
    emit,
    executor_option,
    json_option,
    model_options,
    runtime_arguments,
    task_arguments,
    task_options,
)
from masdesign.cli._say import say
from masdesign.spending.price import known_usd, usd_words

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.evaluation.evaluation import Evaluation
    from masdesign.evaluation.evaluator import Where
    from masdesign.evaluation.pooled import Pooled
    from masdesign.spending.ledger import Ledger
    from masdesign.spending.spend import Spend
    from masdesign.tasks import Task
    from masdesign.types import Result, Split
    from masdesign.workflow import Design, Runtime

_SPLITS: dict[str, tuple[Split, ...]] = {"val": ("val",), "test": ("test",), "all": ("train", "val", "test")}
_SHOWN_FAILURES = 3


@click.command()
@click.argument("design")
@click.argument("task")
@click.option(
    "--split", type=click.Choice(list(_SPLITS)), default="val", show_default=True, help="Which items."
)
@click.option(
    "--worlds", type=click.IntRange(1), default=1, show_default=True, help="Independent replicates."
)
@click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited by default.")
@click.option("--allow-no-calls", is_flag=True, help="Let a design answer without asking a model.")
@archive_option
@model_options
@executor_option
@task_options
@json_option
def command(
    design: str, task: str, split: str, worlds: int, budget: str | None, as_json: bool, **options: Any
) -> None:
    """Evaluate DESIGN on TASK: its score with a 95 % interval, costs an item, failures by kind.

    A look at test is recorded in the archive as an opening. With --worlds N all draws are made
    anew N times, and an item's score is its mean.

    \b
    masdesign evaluate chain_of_thought arithmetic
    masdesign evaluate best questions.jsonl --split test --json
    """
    from masdesign.aio import run_sync
    from masdesign.archive import Archive
    from masdesign.building_blocks import blocks
    from masdesign.cli._opened import say_opened
    from masdesign.evaluation.unscored import require_scored
    from masdesign.lm.table import designs_see
    from masdesign.session.resolve import resolve_design
    from masdesign.tasks import load_task
    from masdesign.workflow import check

    inferred = options["metric"] is None and Path(task).exists()
    problem = load_task(task, **task_arguments(options))
    given = runtime_arguments(options)
    found = resolve_design(design, archive=options["archive"], task=problem, model=given["models"][""].model)
    check(found, blocks(), models=designs_see(given["models"]))  # before anything is kept
    _say_about(problem, inferred=inferred)
    job = _Job(
        found, problem, _SPLITS[split], worlds, budget, given, cache=str(cache_path(options["archive"]))
    )
    with Archive(options.pop("archive")) as archive:
        archive.add_design(found)
        run_sync(job.run, archive, **options)
        if "test" in job.splits:
            say_opened(archive, problem)
    if job.cut is not None:
        say(f"masdesign: {job.cut}; shown is what was finished", err=True)
    for note in job.notes:
        say(f"note: {note}", err=True)
    require_scored(job.evaluations)
    emit(job.document(split)) if as_json else job.show(split)


@dataclass
class _Job:
    """What is to be evaluated, and what has been so far."""

    design: Design
    task: Task
    splits: tuple[Split, ...]
    worlds: int
    budget: str | None
    given: dict[str, Any]
    """The models and how they are asked, as `open_runtime` takes them."""
    cache: str
    evaluations: list[Evaluation] = field(default_factory=list)
    spend: Spend | None = None
    notes: tuple[str, ...] = ()
    """What the models' scores must be read with."""
    cut: str | None = None
    blank: float | None = None
    """The score with every completion the same blank; ``None`` where that was not tried."""
    coded: bool = False
    """Whether ``blank`` is above chance: the design's code answers, and not the model."""

    async def run(
        self,
        archive: Archive,
        *,
        executor: str,
        allow_no_calls: bool,
    ) -> None:
        """Evaluate every split in every world; each is kept as soon as it is there."""
        from masdesign.cli._progress import items_progress
        from masdesign.evaluation import open_runtime
        from masdesign.evaluation.session import notes_of
        from masdesign.session.opening import Opening
        from masdesign.spending.budget import Budget
        from masdesign.spending.ledger import Ledger

        ledger = Ledger(Budget.parse(self.budget))
        total = self.worlds * sum(self.task.size(split) for split in self.splits)
        async with open_runtime(
            task=self.task,
            cache=self.cache,
            executor=executor,
            ledger=ledger,
            allow_no_calls=allow_no_calls,
            **self.given,
        ) as runtime:
            self.notes = notes_of(runtime)
            places: list[Where] = [
                # not before the models are open: else nothing was looked at
                Opening.record(archive, None, self.task, [self.design]) if split == "test" else split
                for split in self.splits
            ]
            with items_progress(self.design.name or self.design.id, total) as advance:
                for world in range(runtime.world, runtime.world + self.worlds):
                    for where in places:
                        if self.cut is None:
                            await self._one(where, replace(runtime, world=world), ledger, advance, archive)
            if self.cut is None and any(evaluation.items for evaluation in self.evaluations):
                await self._try_blank(runtime, places)
        self.spend = ledger.spend

    async def _try_blank(self, runtime: Runtime, places: Sequence[Where]) -> None:
        """The blank-model control (`blank_control`), over the items of all splits."""
        from masdesign.evaluation.evaluator import items_of
        from masdesign.experiments.blank import answers_without_model, blank_control

        right = items = 0.0
        for where in places:
            count = len(items_of(self.task, where))
            score = await blank_control(self.design, self.task, where, runtime)
            self.coded = self.coded or answers_without_model(score, self.task, where)
            right, items = right + score * count, items + count
        self.blank = right / items if items else None

    async def _one(
        self,
        where: Where,
        runtime: Runtime,
        ledger: Ledger,
        advance: Callable[[Result], None],
        archive: Archive,
    ) -> None:
        from masdesign.evaluation import EvaluationCut, evaluate

        try:
            found = await evaluate(
                self.design, self.task, where, runtime, ledger=ledger, on_result=advance, probe=True
            )
        except EvaluationCut as cut:
            if not cut.partial.items and not self.evaluations:
                raise
            self.cut, found = str(cut), cut.partial
        if found.results:
            self.evaluations.append(found)
            archive.add_evaluation(found)

    def pooled(self) -> Pooled:
        """The figures over all worlds and splits."""
        from masdesign.evaluation import pool

        return pool(self.evaluations)

    def document(self, split: str) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "design": self.design.id,
            "name": self.design.name,
            "task": self.task.name,
            "task_version": self.task.version,
            "metric": self.task.metric.name,
            "chance": self.task.chance,
            "model": self.evaluations[0].model,
            "model_notes": self.notes,
            "split": split,
            **asdict(self.pooled()),
            "blank_control": self.blank,
            "answers_without_model": self.coded,
            "worlds": [
                {"world": e.world, "split": e.split, "complete": e.complete, **e.summary()}
                for e in self.evaluations
            ],
            "failure_messages": self.failure_messages(),
            "spend": self._shown_spend(),
        }

    def _shown_spend(self) -> dict[str, Any] | None:
        """What was spent; USD are null where a price is not known."""
        if self.spend is None:
            return None
        s, models = self.spend, self.evaluations[0].model
        known = {
            "usd": known_usd(s.usd, s.tokens, models),
            "paid_usd": known_usd(s.paid_usd, s.paid_calls, models),
        }
        return {**asdict(s), **known}

    def _id(self, name: str) -> str:
        """The id of the model that an evaluation counts under a name."""
        default, *named = self.evaluations[0].model.split(" ")
        ids = {"default": default, **{n: i for n, _, i in (entry.partition("=") for entry in named)}}
        return ids.get(name, default)

    def failure_messages(self) -> list[dict[str, Any]]:
        """Each different failure once, with the number of items, the most frequent first."""
        failures = [r.failure for e in self.evaluations for r in e.results if r.failure is not None]
        return [{**asdict(failure), "items": count} for failure, count in Counter(failures).most_common()]

    def show(self, split: str) -> None:
        """The figures for a person."""
        found, worlds = self.pooled(), f" in {self.worlds} worlds" if self.worlds > 1 else ""
        name = self.design.name or self.design.id
        say(f"{name} on {self.task.name} {split}{worlds}, answered by {self.evaluations[0].model}")
        say(
            f"score     {found.score:.3f}  (95 % interval {found.low:.3f} to {found.high:.3f}, "
            f"{found.items} items, chance {self.task.chance:.2f})"
        )
        if self.coded:
            say(f"beware: with a blank model it still scores {self.blank:.3f}: its code answers")
        say(
            f"an item   {found.tokens_per_item:.0f} tokens, {found.calls_per_item:.1f} calls, "
            f"{usd_words(found.usd_per_item)}"
        )
        for model, cost in found.by_model.items():
            say(
                f"  {model:<8}{cost['tokens_per_item']:.0f} tokens, {cost['calls_per_item']:.2f} calls, "
                f"{usd_words(known_usd(cost['usd_per_item'], cost['tokens_per_item'], self._id(model)))}"
            )
        say("failures  " + ", ".join(f"{count} {kind}" for kind, count in found.failures.items()))
        messages = self.failure_messages()
        for failure in messages[:_SHOWN_FAILURES]:
            line = f"line {failure['line']}: " if failure["line"] else ""
            cure = f"; {failure['cure']}" if failure["cure"] else ""
            say(f"          {failure['items']} × {failure['kind']}: {line}{failure['message']}{cure}")
        if len(messages) > _SHOWN_FAILURES:
            say(f"          and {len(messages) - _SHOWN_FAILURES} other messages (--json shows all)")
        if self.spend is not None:
            s = self.spend
            say(
                f"spend     {s.calls} calls ({s.paid_calls} sent), {s.tokens} tokens, "
                f"{usd_words(known_usd(s.paid_usd, s.paid_calls, self.evaluations[0].model), 4)} paid, "
                f"{s.seconds:.1f} s"
            )


def _say_about(task: Task, *, inferred: bool) -> None:
    """What a user should know of the items, on standard error."""
    from masdesign.tasks import power_note

    notes = [f"metric {task.metric.name} (inferred; --metric sets another)"] if inferred else []
    for note in (*notes, *task.notes, power_note(len(task.val))):
        if note:
            say(f"{task.name}: {note}", err=True)
