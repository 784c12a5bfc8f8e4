"""`run_design`, `run_evaluate`, `run_promote`: a design answers, is scored, becomes a block, in one call."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack, get_args

from masdesign.aio import blocking
from masdesign.archive.found_on import belongings
from masdesign.archive.store import opened
from masdesign.brief import ShortRepr
from masdesign.environments.parse import ToolLike, parse_tools
from masdesign.errors import InputError
from masdesign.evaluation.blank import answers_without_model, blank_control
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, evaluate
from masdesign.evaluation.items import run_items
from masdesign.lm.table import Models, default_of
from masdesign.session.resolve import ArchivePlace, adding, models_chosen_with, resolve_design
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.spend import Spend
from masdesign.tasks import Task, load_task
from masdesign.types import Item, Result, Split
from masdesign.workflow import Block, Design, ItemOutcome, check_in_thread
from masdesign.workflow.promoted import Promoted

RECALLED = "what {} came to is told from an earlier run, and was not done again; another seed does it anew"
"""Of tools that change the world outside: a question that is asked again does nothing twice."""


class AnswerOptions(Resources, total=False):
    """Further options of `run_design`."""

    world: int
    """An independent replicate of all draws."""
    tools: str | Iterable[ToolLike] | None
    """Tools that the design may use (`parse_tools`); by default those of the task that it was found on."""
    mcp: Iterable[str]
    """MCP servers whose tools it may use, each ``NAME=COMMAND`` or ``NAME=URL``."""
    corpus: Iterable[str]
    """Files or folders of documents that it may search and read."""
    examples: bool
    """False runs the design without the examples of its task, where that is not at hand."""
    allow_no_calls: bool
    """Let the design answer without asking a model."""
    on_outcome: Callable[[Item, ItemOutcome], None]
    """Called with each question and its outcome, in order, as soon as it is there."""
    on_note: Callable[[str], None]
    """Is told what to know of how the design runs here, and of what it did."""


@dataclass(frozen=True, repr=False)
class Answered(ShortRepr):
    """Answers of a design."""

    design: Design
    outcomes: tuple[ItemOutcome, ...]
    """In the order of the questions."""
    spend: Spend
    note: str = ""
    """What to know of how the design ran here; mostly empty."""

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "design": self.design.name or self.design.id,
            "answers": ", ".join(str(text) for text in self.texts[:5]),
            "of": str(len(self.outcomes)),
        }

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The answers; ``None`` where there is none."""
        return tuple(None if o.answer is None else o.answer.text for o in self.outcomes)


async def run_design_async(
    design: Design | Block[..., Any] | str,
    questions: str | Item | Sequence[str | Item],
    *,
    model: Models | None = None,
    task: Task | str | None = None,
    budget: str | None = None,
    **options: Unpack[AnswerOptions],
) -> Answered:
    """Answer questions with a design, which runs with what it was evaluated with.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        questions: one or several; an `Item` may hold context and choices, its targets are not looked at.
        model: what answers; by default the models that the design was chosen with, else abacus.
        task: the task that ``best`` refers to; its `train` items may be shown as examples.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``; unlimited by default.
        options: see `AnswerOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name is wrong, the design is not well-formed, or it shows examples of a task that
            cannot be loaded here; one line.
        BudgetExhausted: the budget is spent; what was answered before went to ``on_outcome``.

    Example::

        answered = await run_design_async("best", "((1 + 2 * 4) - (3 * -2)) =")
        print(answered.texts[0])
    """
    given: dict[str, Any] = dict(options)
    on_outcome, on_note = given.pop("on_outcome", None), given.pop("on_note", None)
    world, tools = given.pop("world", 0), given.pop("tools", None)
    examples, allow_no_calls = given.pop("examples", True), given.pop("allow_no_calls", False)
    more = parse_tools(tools or (), mcp=given.pop("mcp", ()), corpus=given.pop("corpus", ()))
    wanted = [questions] if isinstance(questions, str | Item) else list(questions)
    items = [q if isinstance(q, Item) else Item(f"q{i}", q, "") for i, q in enumerate(wanted, 1)]
    outcomes: list[ItemOutcome] = []

    def keep(item: Item, outcome: ItemOutcome) -> None:
        outcomes.append(outcome)
        if on_outcome is not None:
            on_outcome(item, outcome)

    async with Session.open(**given) as session:
        named = None if model is None else default_of(model)
        resolved = resolve_design(design, archive=session.archive, task=task, model=named)
        models = model or models_chosen_with(session.archive, resolved) or "abacus"
        own = belongings(
            session.archive, resolved, task=task, examples=examples, environment=more.environment
        )
        if own.note and on_note is not None:
            on_note(own.note)
        allowed = own.tools if tools is None else more.built_in
        spec = RunSpec("run", None, models, world=world, conduct=Conduct(budget))
        has: dict[str, Any] = {"tools": allowed, "train": own.train, "asking": own.asking}
        has |= {"environment": own.environment, "world_tools": True}
        async with session.run(spec, allow_no_calls=allow_no_calls, **has) as run:
            await check_in_thread(resolved, run.runtime.blocks, models=tuple(run.runtime.models))
            await run_items(resolved, items, run.runtime, keep, ledger=run.ledger)
            run.tell_notes(on_note)
            acting = run.runtime.acting
            if acting is not None and acting.recalled and on_note is not None:
                on_note(RECALLED.format(", ".join(sorted(acting.recalled))))
    return Answered(resolved, tuple(outcomes), run.spend, own.note)


run_design = blocking(run_design_async)


class EvaluateOptions(Resources, total=False):
    """Further options of an evaluation."""

    allow_no_calls: bool
    """Let the design answer without asking a model."""
    on_result: Callable[[Result], None]
    """Called with each result, in the order of the items."""


async def run_evaluate_async(
    design: Design | Block[..., Any] | str,
    task: Task | str | Path,
    *,
    split: Split = "val",
    model: Models = "abacus",
    world: int = 0,
    budget: str | None = None,
    **options: Unpack[EvaluateOptions],
) -> Evaluation:
    """Evaluate a design on a task. A look at ``test`` is recorded in the archive as an opening first.

    The blank-model control is taken on the same items, without a call (`Evaluation.blank_control`).
    Without an ``archive`` the evaluation is kept nowhere, and calls neither; but an opening of test is
    always recorded.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        task: a `Task`, the name of one, or a file.
        model: a model's name, or a table of them with ``""`` for the default.
        world: an independent replicate of all draws.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``; unlimited by default.
        options: see `EvaluateOptions` and `masdesign.session.session.Resources`.

    Raises:
        EvaluationCut: the budget is spent; it carries what was finished as ``partial``.
        InputError: a name or a file is wrong, or the design is not well-formed (`SourceError`); one line.
        CredentialsError: the provider refused the key.

    Example::

        evaluation = await run_evaluate_async("chain_of_thought", "arithmetic")
        print(evaluation.score, evaluation.low, evaluation.high)
    """
    if split not in get_args(Split):
        raise InputError(f"split {split!r} does not exist; choose one of {', '.join(get_args(Split))}")
    given: dict[str, Any] = dict(options)
    on_result, allow_no_calls = given.pop("on_result", None), given.pop("allow_no_calls", False)
    place = given["session"].archive if "session" in given else given.get("archive")
    if split != "test" and place is None:
        given["archive"] = ":memory:"
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        resolved = resolve_design(design, archive=place, task=chosen, model=default_of(model))
        spec = RunSpec("evaluate", chosen, model, world=world, conduct=Conduct(budget))
        async with session.run(spec, allow_no_calls=allow_no_calls) as run:
            await check_in_thread(resolved, run.runtime.blocks, models=tuple(run.runtime.models))
            where: Where = run.open_test([resolved]) if split == "test" else split
            session.archive.add_design(resolved)
            run.note_asking()
            evaluation = await evaluate(
                resolved, chosen, where, run.runtime, ledger=run.ledger, on_result=on_result, probe=True
            )
            session.archive.add_evaluation(evaluation)
            if not evaluation.items:
                return evaluation
            blank = await blank_control(resolved, chosen, where, run.runtime)
            session.archive.note_control(evaluation, blank)
            coded = answers_without_model(blank, chosen, where)
            return replace(evaluation, blank_control=blank, answers_without_model=coded)


run_evaluate = blocking(run_evaluate_async)


async def run_promote_async(
    design: Design | Block[..., Any] | str,
    name: str,
    *,
    archive: ArchivePlace = None,
    plugins: Iterable[str] = (),
    blocks: Iterable[Block[..., Any]] = (),
    task: Task | str | None = None,
) -> Promoted:
    """Make a design a block called ``name``, for later searches with this archive.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        plugins, blocks: of your own, which the design may name.
        task: the task that ``best`` refers to.

    Raises:
        InputError: no such design, a name that is taken, or a design that cannot be a block.

    Example::

        block = await run_promote_async("best", "careful_vote")
        print(block.version)
    """
    with opened(archive) as store, adding(plugins, blocks):
        resolved = resolve_design(design, archive=store, task=task)
        store.add_design(resolved)
        return store.promote(resolved.id, name)


run_promote = blocking(run_promote_async)
