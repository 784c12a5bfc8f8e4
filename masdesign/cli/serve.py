"""masdesign serve: a design or a model as an OpenAI-compatible endpoint on this machine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import ModelFlags, archive_option, model_options, resources
from masdesign.cli._say import say

if TYPE_CHECKING:
    from masdesign.archive.found_on import Belongings
    from masdesign.lm.spec import ModelSpec
    from masdesign.protocols import Environment
    from masdesign.serve.backend import Backend
    from masdesign.session.run import Run
    from masdesign.session.session import Session
    from masdesign.workflow import Design


@click.command()
@click.argument("served", metavar="DESIGN|MODEL")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one."
)
@click.option(
    "--budget",
    default="10000calls",
    show_default=True,
    metavar="B",
    help="What the server may spend in all: calls, tokens, usd or min.",
)
@click.option("--rate", type=click.IntRange(1), default=120, show_default=True, help="Requests a minute.")
@click.option("--task", metavar="TASK", help="Of which task `best` is meant, and examples are shown.")
@click.option("--no-examples", is_flag=True, help="Run without the task's examples.")
@click.option(
    "--tools",
    multiple=True,
    metavar="LIST|FILE.py:function",
    help="Tools that the design may use; by default those it was found with; several times.",
)
@click.option("--mcp", multiple=True, metavar="NAME=COMMAND|URL", help="Tools of an MCP server; several.")
@click.option("--corpus", multiple=True, metavar="FILE", help="Documents to search and read; several times.")
@archive_option
@model_options
def command(served: str, port: int, rate: int, **options: Any) -> None:
    """Serve a design, or a model such as abacus, at http://127.0.0.1:PORT/v1 until Ctrl-C.

    Any client of OpenAI's chat completions can ask it. Of a conversation a design takes the last user
    message as its question and all before it as passages; it stays in its sandbox.

    \b
    masdesign serve best --model openai/gpt-4o-mini
    masdesign serve abacus --port 8001
    """
    from masdesign.aio import run_sync
    from masdesign.serve.server import HOST, bind

    place = bind(port)
    try:
        run_sync(_serve, served, place, rate, f"http://{HOST}:{place.getsockname()[1]}/v1", **options)
    except KeyboardInterrupt:  # which is how a server is ended
        say("ended", err=True)
    finally:
        place.close()


async def _serve(
    served: str,
    place: Any,
    rate: int,
    url: str,
    *,
    budget: str,
    **given: Any,
) -> None:
    from masdesign.environments import parse_tools
    from masdesign.serve.app import ServeLimits
    from masdesign.serve.server import serve
    from masdesign.session.session import Session
    from masdesign.session.spec import Conduct, RunSpec

    flags, seed = ModelFlags.take(given), given.pop("seed")
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(Session.open(**resources(given)))
        if is_model(served):
            table = replace(flags, rows={**flags.rows, "": served}).table()
            spec = RunSpec("serve", None, table, world=seed, conduct=Conduct(budget))
            run = await stack.enter_async_context(session.run(spec))
            backend = _of_model(served, run)
        else:
            more = parse_tools(given["tools"], mcp=given.pop("mcp"), corpus=given.pop("corpus"))
            given["tools"] = ",".join(sorted(more.built_in)) if given["tools"] else None
            design, table, own = _choose(session, served, flags, environment=more.environment, **given)
            spec = RunSpec("serve", None, table, world=seed, conduct=Conduct(budget))
            has: dict[str, Any] = {"tools": own.tools, "train": own.train, "asking": own.asking}
            has |= {"environment": own.environment, "world_tools": True}
            run = await stack.enter_async_context(session.run(spec, **has))
            backend = _of_design(served, design, run)
        line = f"serving {backend.names[0]} at {url} (at most {budget}; Ctrl-C ends it)"
        limits = ServeLimits(per_minute=rate)
        await serve(backend, place, limits, started=lambda server: say(line, err=True))


def _of_model(served: str, run: Run) -> Backend:
    from masdesign.serve.backend import ModelBackend

    lm = run.runtime.models[""]
    return ModelBackend(tuple(dict.fromkeys((served, lm.model))), lm)


def _of_design(served: str, design: Design, run: Run) -> Backend:
    from masdesign.serve.backend import DesignBackend
    from masdesign.workflow import check

    checked = check(design, run.runtime.blocks, models=tuple(run.runtime.models))
    names = dict.fromkeys(name for name in (Path(served).stem, design.id, design.name) if name)
    return DesignBackend(tuple(names), checked, run.runtime)


def _choose(
    session: Session,
    served: str,
    flags: ModelFlags,
    *,
    task: str | None,
    tools: str | None,
    no_examples: bool,
    environment: Environment | None,
) -> tuple[Design, dict[str, ModelSpec], Belongings]:
    """The design, the models that it answers with, and what else it runs with."""
    from masdesign.cli._design import with_belongings
    from masdesign.session.resolve import models_chosen_with, resolve_design

    archive = session.archive
    design = resolve_design(served, archive=archive, task=task, model=flags.model)
    own = with_belongings(
        design,
        archive=archive,
        task=task,
        tools=tools,
        examples=not no_examples,
        environment=environment,
    )
    if own.note:
        say(f"note: {own.note}", err=True)
    return design, flags.table(models_chosen_with(archive, design)), own


def is_model(name: str) -> bool:
    """Whether a model is meant, and not a design.

    >>> is_model("abacus"), is_model("ollama/llama3"), is_model("best"), is_model("designs/mine.py")
    (True, True, False, False)
    """
    return name == "abacus" or (not name.endswith(".py") and ("/" in name or ":" in name))
