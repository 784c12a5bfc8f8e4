"""masdesign solve: designs a workflow for this one question, without labels, and answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import resources
from masdesign.cli._models import chosen_models, meta_model_options, model_options
from masdesign.cli._say import emit, say
from masdesign.cli.memory._streams import guided_of, guided_options
from masdesign.cli.run import question_items, render_trace
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.search.solve import SolvedQuestion, TriedWorkflow
    from masdesign.spending.spend import Spend
    from masdesign.types import Item


@click.command()
@click.argument("question", required=False)
@opt.questions_options
@opt.option(
    "--budget=B",
    "Of each question: 200calls, 100ktokens, 0.1usd or 2min; what was found until then decides.",
    "200calls",
)
@opt.option("--rounds", "Plans to try, each after reflection.", 3, least=0)
@meta_model_options("A model that writes the workflows; else plans are made of the parts of the question.")
@opt.flag("--learn", "Choose workflows by what earlier questions taught, and learn from each.")
@guided_options
@opt.option("--tools=LIST", "Tools that designs may use: python.", "")
@opt.flag("--trace", "Show the tree of calls of the workflow that answered.")
@opt.together(opt.archive_option, model_options, opt.json_option)
def command(
    question: str | None,
    context: tuple[str, ...],
    file: str | None,
    trace: bool,
    learn: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Design a workflow for this one QUESTION, or each of a file, and answer; nobody knows the right answer.

    With --learn a line's target, if it has one, is told once its answer is there; without one, or with
    --no-labels, the model judges itself. With --memory alone what was learnt is used and stays as it is.

    The workflow is kept in the archive, so that `masdesign run` can use it again. A question without an
    answer ends with exit code 1 (with --json: 0, and `failure` says why). With --input, --json prints one
    document a line.

    \b
    masdesign solve "((1 + 2 * 4) - (3 * -2)) ="
    masdesign solve "Which is heavier?" --context "The ball has 3 kg." --context "The box has 5 kg." --json
    masdesign solve --input questions.jsonl --json
    masdesign solve --input questions.jsonl --learn --memory help_desk
    """

    def show(item: Item, solution: SolvedQuestion, spend: Spend) -> None:
        document = _document(solution, spend, trace)
        if file is not None and as_json:
            emit({"id": item.id, "question": item.question, **document}, indent=None)
        elif as_json:
            emit(document)
        else:
            _print(solution, spend, trace, label=f"{item.id}\t" if file is not None else "")

    guided = guided_of(options, learn=learn) if learn or options["memory"] else None
    for name in ("memory", "most", "lag", "no_labels") if guided is None else ():
        options.pop(name)
    given: dict[str, Any] = {} if guided is None else {"guided": guided}
    solved = md.run_solve(
        question_items(question, context, file, "QUESTION", labels=guided is not None),
        model=chosen_models(options),
        tools=tools_of(options.pop("tools")),
        on_tried=_progress,
        on_solution=show,
        **given,
        **resources(options),
        **options,
    )
    if solved.memory:
        say(f"learnt: {solved.memory}; see masdesign memory show {solved.memory}", err=True)
    if file is None and not as_json and solved.answer() is None:
        click.get_current_context().exit(1)


def tools_of(listed: str) -> frozenset[str]:
    """The tools of a comma-separated list; raises InputError for one that does not exist."""
    from masdesign.tasks.task import TOOLS

    tools = frozenset(opt.names(listed))
    if unknown := sorted(tools - TOOLS):
        raise InputError(f"--tools: unknown tool {unknown[0]!r}; there is {', '.join(sorted(TOOLS))}")
    return tools


def _progress(tried: TriedWorkflow) -> None:
    failure = tried.outcome.failure
    answer = tried.answer.text if tried.answer else f"no answer ({failure.kind})" if failure else "no answer"
    say(f"{tried.design.name}: {answer} ({tried.outcome.calls} calls)", err=True)
    if tried.findings is not None:
        say("\n".join(f"    {line}" for line in tried.findings.render().splitlines()), err=True)


def _document(solution: SolvedQuestion, spend: Spend, trace: bool) -> dict[str, Any]:
    document = {
        "answer": solution.answer.text if solution.answer else None,
        "reasoning": solution.answer.reasoning if solution.answer else None,
        "design": solution.design.id if solution.design else None,
        "name": solution.design.name if solution.design else None,
        "source": solution.design.source if solution.design else None,
        "failure": solution.failure,
        "spend": spend.to_json(),
        "tried": [
            {
                "design": tried.design.id,
                "name": tried.design.name,
                "answer": tried.answer.text if tried.answer else None,
                "failure": tried.outcome.failure,
                "calls": tried.outcome.calls,
            }
            for tried in solution.tried
        ],
        "answers": [
            {"answer": j.answer.text, "support": j.support, "workflows": j.workflows, "approval": j.approval}
            for j in solution.judged
        ],
    }
    shown = solution.chosen if trace else None
    return document if shown is None else {**document, "trace": shown.outcome.trace.to_json()}


def _print(solution: SolvedQuestion, spend: Spend, trace: bool, label: str) -> None:
    for judged in solution.judged if len(solution.judged) > 1 else ():
        share = judged.approval
        verdict = "not judged" if share is None else f"judged right {share:.0%} of the time"
        say(f"{judged.answer.text}: given by {judged.workflows} of the workflows, {verdict}", err=True)
    if solution.answer is None:
        failure = solution.failure
        why = f" ({failure.kind}): {failure.message}" if failure else ""
        say(f"{label}no answer{why}", err=True)
    else:
        say(f"{label}{solution.answer.text}")
        if solution.design is not None:
            by = f"{solution.design.name}, {solution.design.id}"
            say(f"answered by {by}; {spend.calls} calls in all", err=True)
    if trace and solution.chosen is not None:
        say(render_trace(solution.chosen.outcome.trace))
