"""masdesign serve: a design or a model as an OpenAI-compatible endpoint on this machine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli._options import archive_option, cache_path, model_options, runtime_arguments
from masdesign.cli._say import say

if TYPE_CHECKING:
    from masdesign.serve.backend import Backend


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
    "--tools", metavar="LIST", help="Tools that the design may use; by default those it was found with."
)
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
    archive: str,
    **given: Any,
) -> None:
    from masdesign.evaluation.session import open_runtime
    from masdesign.serve.app import ServeLimits
    from masdesign.serve.server import serve
    from masdesign.spending.budget import Budget
    from masdesign.spending.ledger import Ledger

    if is_model(served):
        given["models"] = (served,)
    options = runtime_arguments(given)
    table = options.pop("models")
    options |= {"cache": cache_path(archive), "ledger": Ledger(Budget.parse(budget))}
    async with AsyncExitStack() as stack:
        backend: Backend
        if is_model(served):
            from masdesign.serve.backend import ModelBackend

            runtime = await stack.enter_async_context(open_runtime(table, **options))
            lm = runtime.models[""]
            backend = ModelBackend(tuple(dict.fromkeys((served, lm.model))), lm)
        else:
            from masdesign.building_blocks import blocks
            from masdesign.cli._design import with_belongings
            from masdesign.lm.table import designs_see
            from masdesign.serve.backend import DesignBackend
            from masdesign.session.resolve import resolve_design
            from masdesign.workflow import check

            design = resolve_design(served, archive=archive, task=given["task"], model=table[""].model)
            checked = check(design, blocks(), models=designs_see(table))
            own = with_belongings(
                design,
                archive=archive,
                task=given["task"],
                tools=given["tools"],
                examples=not given["no_examples"],
            )
            if own.note:
                say(f"note: {own.note}", err=True)
            runtime = await stack.enter_async_context(
                open_runtime(table, tools=own.tools, train=own.train, asking=own.asking, **options)
            )
            names = dict.fromkeys(name for name in (Path(served).stem, design.id, design.name) if name)
            backend = DesignBackend(tuple(names), checked, runtime)
        line = f"serving {backend.names[0]} at {url} (at most {budget}; Ctrl-C ends it)"
        limits = ServeLimits(per_minute=rate)
        await serve(backend, place, limits, started=lambda server: say(line, err=True))


def is_model(name: str) -> bool:
    """Whether a model is meant, and not a design.

    >>> is_model("abacus"), is_model("ollama/llama3"), is_model("best"), is_model("designs/mine.py")
    (True, True, False, False)
    """
    return name == "abacus" or (not name.endswith(".py") and ("/" in name or ":" in name))
