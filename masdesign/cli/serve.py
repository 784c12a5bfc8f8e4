"""masdesign serve: a design or a model as an OpenAI-compatible endpoint on this machine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import resources
from masdesign.cli._models import ModelFlags, model_options
from masdesign.cli._say import note, say

if TYPE_CHECKING:
    from masdesign.archive.found_on import Belongings
    from masdesign.lm.spec import ModelSpec
    from masdesign.protocols import Environment
    from masdesign.serve.backend import Backend
    from masdesign.session.run import Run


@click.command()
@click.argument("served", metavar="DESIGN|MODEL")
@opt.option("--port", "0: any free one.", 8000, least=0, most=65535)
@opt.option("--budget=B", "What the server may spend in all: calls, tokens, usd or min.", "10000calls")
@opt.option("--rate", "Requests a minute.", 120, least=1)
@opt.design_task_option
@opt.flag("--no-examples", "Run without the task's examples.")
@opt.together(opt.tools_options, opt.corpus_option, opt.archive_option, model_options)
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


async def _serve(served: str, place: Any, rate: int, url: str, *, budget: str, **given: Any) -> None:
    from masdesign.environments import parse_tools
    from masdesign.serve.app import ServeLimits
    from masdesign.serve.server import serve

    flags, seed = ModelFlags.take(given), given.pop("seed")
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(md.Session.open(**resources(given)))
        has: dict[str, Any] = {}
        if is_model(served):
            table = replace(flags, rows={**flags.rows, "": served}).table()
        else:
            tools = given.pop("tools")
            more = parse_tools(tools, mcp=given.pop("mcp"), corpus=given.pop("corpus"))
            design, table, own = _choose(session, served, flags, environment=more.environment, **given)
            own = replace(own, tools=more.built_in) if tools else own
            has = {"tools": own.tools, "train": own.train, "asking": own.asking}
            has |= {"environment": own.environment, "world_tools": True}
        spec = md.RunSpec("serve", None, table, world=seed, conduct=md.Conduct(budget))
        run = await stack.enter_async_context(session.run(spec, **has))
        backend = _of_design(served, design, run) if has else _of_model(served, run)
        line = f"serving {backend.names[0]} at {url} (at most {budget}; Ctrl-C ends it)"
        limits = ServeLimits(per_minute=rate)
        await serve(backend, place, limits, started=lambda server: say(line, err=True))


def _of_model(served: str, run: Run) -> Backend:
    from masdesign.serve.backend import ModelBackend

    lm = run.runtime.models[""]
    return ModelBackend(tuple(dict.fromkeys((served, lm.model))), lm)


def _of_design(served: str, design: md.Design, run: Run) -> Backend:
    from masdesign.serve.backend import DesignBackend
    from masdesign.workflow import check

    checked = check(design, run.runtime.blocks, models=tuple(run.runtime.models))
    names = dict.fromkeys(name for name in (Path(served).stem, design.id, design.name) if name)
    return DesignBackend(tuple(names), checked, run.runtime)


def _choose(
    session: md.Session,
    served: str,
    flags: ModelFlags,
    *,
    task: str | None,
    no_examples: bool,
    environment: Environment | None,
) -> tuple[md.Design, dict[str, ModelSpec], Belongings]:
    """The design, the models that it answers with, and what else it runs with."""
    from masdesign.archive.found_on import belongings
    from masdesign.session.resolve import models_chosen_with, resolve_design

    archive = session.archive
    design = resolve_design(served, archive=archive, task=task, model=flags.model)
    own = belongings(archive, design, task=task, examples=not no_examples, environment=environment)
    if own.note:
        note(own.note)
    return design, flags.table(models_chosen_with(archive, design)), own


def is_model(name: str) -> bool:
    """Whether a model is meant, and not a design.

    >>> is_model("abacus"), is_model("ollama/llama3"), is_model("best"), is_model("designs/mine.py")
    (True, True, False, False)
    """
    from masdesign.lm.providers import PROVIDERS

    return name in PROVIDERS.names() or (not name.endswith(".py") and ("/" in name or ":" in name))
