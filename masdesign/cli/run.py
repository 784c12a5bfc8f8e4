"""masdesign run: a design's answer to a question, or to each question of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._answers import AnswerFile
from masdesign.cli._job import resources
from masdesign.cli._models import ModelFlags, model_options
from masdesign.cli._say import emit, note, one_line, say
from masdesign.cli._watch import count_progress
from masdesign.errors import BudgetExhausted, InputError

if TYPE_CHECKING:
    from masdesign.types import Item
    from masdesign.workflow import ItemOutcome, Node, Trace


@click.command()
@click.argument("design")
@opt.option("--question=TEXT", "The question; options may follow a line `Options:`.")
@opt.questions_options
@opt.option("--out=FILE", "With --input: a .jsonl of answers, gone on with where it stopped.")
@opt.design_task_option
@opt.flag("--no-examples", "Run without the task's examples, where it is not at hand.")
@opt.together(opt.tools_options, opt.corpus_option, opt.budget_option)
@opt.flag("--trace", "Show the tree of calls.")
@opt.flag("--allow-no-calls", "Let a design answer without asking a model.")
@opt.together(opt.archive_option, model_options, opt.memory_option, opt.json_option)
def command(
    design: str,
    question: str | None,
    context: tuple[str, ...],
    file: str | None,
    out: str | None,
    task: str | None,
    no_examples: bool,
    trace: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Answer with DESIGN: a design file, `best`, an id, a name, or a block.

    A design runs with what it was evaluated with: the models that it was chosen with (else abacus), the tools
    of the task that it was found on, and that task's train items where it shows worked examples.

    A single question without an answer ends with exit code 1 (with --json: 0, and `failure` says why).

    \b
    masdesign run chain_of_thought --question "((1 + 2 * 4) - (3 * -2)) =" --trace
    masdesign run best --input questions.jsonl --out answers.jsonl
    """
    from masdesign.lm.table import stored
    from masdesign.session.resolve import models_chosen_with, resolve_design

    items = question_items(question, context, file)
    if out is not None and file is None:
        raise InputError(f"--out {out} takes the answers to --input FILE.jsonl; give one")
    flags, place, seed = ModelFlags.take(options), options["archive"], options.pop("seed")
    resolved = resolve_design(design, archive=place, task=task, model=flags.model)
    table = flags.table(models_chosen_with(place, resolved))
    made_by = {"design": resolved.id, "models": stored(table), "seed": seed}
    answers = None if out is None else AnswerFile(Path(out), items, made_by)
    batch = _Batch(resolved, items, answers, trace=trace, numbered=file is not None, quiet=as_json)
    session = resources(options)
    with batch.showing():
        answered = md.run_design(
            resolved,
            batch.left,
            model=table,
            task=task,
            world=seed,
            tools=options.pop("tools") or None,
            examples=not no_examples,
            on_outcome=batch.keep,
            on_note=note,
            **session,
            **options,
        )
    if as_json:
        shown = {"design": resolved.id, "name": resolved.name, "spend": answered.spend.to_json()}
        emit({**batch.document(), **shown})
    elif file is None and batch.rows[0]["failure"] is not None:
        click.get_current_context().exit(1)


@dataclass
class _Batch:
    """The questions of one command: what is left of them, and what is done with each answer."""

    design: md.Design
    items: list[Item]
    answers: AnswerFile | None
    trace: bool
    numbered: bool
    """Whether the questions came from a file, so that an answer is shown with its question's id."""
    quiet: bool
    """Whether nothing is shown until the end."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)
    _advance: Callable[[], None] = field(default=lambda: None, repr=False)

    def __post_init__(self) -> None:
        self.left = self.items if self.answers is None else self.answers.left()

    def keep(self, item: Item, outcome: ItemOutcome) -> None:
        """Keep and show an answer at once: it stands, whatever comes after it."""
        row = _row(item, outcome, self.trace)
        self.rows.append(row)
        if self.answers is not None:
            self.answers.add(row)
        if not self.quiet:
            _print(item, outcome, self.trace, numbered=self.numbered, shown=self.answers is None)
        self._advance()

    @property
    def _answered(self) -> str:
        return f"{len(self.items) - len(self.left) + len(self.rows)} of {len(self.items)} questions"

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show progress; keep the answers at an interrupt, and where the budget runs out."""
        answered = len(self.items) - len(self.left)
        if answered:
            say(f"{self._answered} are answered already", err=True)
        with (
            self.answers.open() if self.answers is not None else nullcontext(),
            count_progress(self.design.name or self.design.id, len(self.items), answered) as self._advance,
        ):
            try:
                yield
            except KeyboardInterrupt:
                again = "; the same command goes on" if self.answers is not None else ""
                say(f"{self._answered} answered{again}", err=True)
                raise
            except BudgetExhausted as cut:
                if not self.rows:
                    raise
                say(f"masdesign: {cut}; {self._answered} are answered", err=True)

    def document(self) -> dict[str, Any]:
        """The answers as ``--json`` prints them: those of this command, in order."""
        return {"answers": self.rows} if self.numbered else self.rows[0]


def question_items(
    question: str | None,
    context: tuple[str, ...],
    file: str | None,
    where: str = '--question "…"',
    *,
    labels: bool = False,
) -> list[Item]:
    """The questions as items, whose target nobody knows; ``where`` one question is given.

    With ``labels`` the targets of those lines are kept that have any.
    """
    from masdesign.tasks.formats import Record, items_of
    from masdesign.tasks.readers import read_records

    if (question is None) == (file is None):
        raise InputError(f"give one of {where} and --input FILE.jsonl")
    if file is None:
        return [one_question(str(question), context, where)]
    records = list(read_records(file))
    items = list(items_of(Record(r.where, {**r.fields, "target": "unknown"}) for r in records))
    if not labels:
        return items
    given = [r.fields.get("targets", r.fields.get("target", ())) for r in records]
    texts = [() if t in ("", None) else tuple(map(str, t)) if isinstance(t, list) else str(t) for t in given]
    return [replace(item, targets=targets) for item, targets in zip(items, texts, strict=True)]


def one_question(question: str, context: tuple[str, ...], where: str) -> Item:
    """A question of the command line as an item, whose target nobody knows; options follow `Options:`."""
    from masdesign.tasks.formats import Record, items_of

    fields = {"question": question, "context": list(context), "target": "unknown"}
    return items_of([Record(where, fields)])[0]


def _row(item: Item, outcome: ItemOutcome, trace: bool) -> dict[str, Any]:
    failure = outcome.failure
    row: dict[str, Any] = {
        "id": item.id,
        "question": item.question,
        "answer": outcome.answer.text if outcome.answer is not None else None,
        "reasoning": outcome.answer.reasoning if outcome.answer is not None else None,
        "failure": None if failure is None else asdict(failure),
    }
    return row | ({"trace": outcome.trace.to_json()} if trace else {})


def _print(item: Item, outcome: ItemOutcome, trace: bool, *, numbered: bool, shown: bool) -> None:
    if outcome.failure is not None:
        where = f"line {outcome.failure.line}: " if outcome.failure.line else ""
        cure = f"; {outcome.failure.cure}" if outcome.failure.cure else ""
        name = f"{item.id}: " if numbered else ""
        message = one_line(outcome.failure.message)
        say(f"{name}no answer ({outcome.failure.kind}): {where}{message}{cure}", err=True)
    elif outcome.answer is not None and shown:
        say(f"{item.id}\t{outcome.answer.text}" if numbered else outcome.answer.text)
    if trace:
        say(render_trace(outcome.trace), err=numbered)


def render_trace(trace: Trace) -> str:
    """The tree that `Trace.render` gives, and below it each call with its messages and its reply."""
    calls = [node for node in trace.root.walk() if node.request is not None or node.kind == "tool"]
    parts = [trace.render()]
    for number, node in enumerate(calls, 1):
        parts.append("\n".join(_call(node, number, len(calls))))
    return "\n\n".join(parts)


def _call(node: Node, number: int, count: int) -> Iterator[str]:
    model = f" by {node.model}" if node.model else ""
    tokens = f", {node.completion.usage.tokens} tokens" if node.completion is not None else ""
    what = f"tool {node.name}({node.arguments(200)})" if node.kind == "tool" else f"call{model}"
    yield f"{number} of {count}: {what}{tokens}, {node.seconds:.2f} s"
    for message in node.request.messages if node.request is not None else ():
        yield from _text(message.role, message.content)
    if node.completion is not None:
        if reasoning := getattr(node.completion, "reasoning", ""):
            yield from _text("reasoning", reasoning)
        yield from _text("reply", node.completion.text)
    elif node.output is not None:
        yield from _text("result", str(node.output))


def _text(head: str, text: object) -> Iterator[str]:
    yield f"  {head}:"
    yield from (f"    {line}".rstrip() for line in str(text).splitlines())
