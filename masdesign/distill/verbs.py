"""`run_distill`: a design as one prompt, with what is lost measured, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from masdesign.aio import blocking
from masdesign.archive import Archive
from masdesign.archive.calls import calls_beside
from masdesign.building_blocks import BLOCKS
from masdesign.distill.distil import Settings, distil
from masdesign.distill.events import OnEvent, ignore
from masdesign.distill.method import Method
from masdesign.distill.methods import DEFAULT_METHOD, METHODS
from masdesign.distill.result import Distillation
from masdesign.errors import InputError
from masdesign.evaluation import open_runtime
from masdesign.lm import LM, Budgeted, load_lm
from masdesign.lm.table import Models, default_of, name_in_role
from masdesign.records.cache import Cache
from masdesign.registry import in_overlay
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.workflow import Block, Design, check_in_thread


@in_overlay
async def run_distill_async(
    design: Design | str,
    task: Task | str | Path,
    *,
    method: str | type[Method] = DEFAULT_METHOD,
    model: Models = "abacus",
    budget: str | None = None,
    seed: int = 0,
    world: int = 0,
    candidates: int = 4,
    tokens: int = 0,
    steps: int = 200,
    train_items: int | None = None,
    archive: Archive | str | Path | None = None,
    run: str = "",
    concurrency: int = 64,
    cache: Path | str | None = None,
    price: str | Mapping[str, str] | None = None,
    base_url: str | Mapping[str, str] | None = None,
    blocks: Iterable[Block[..., Any]] = (),
    on_event: OnEvent | None = None,
) -> Distillation:
    """Distil a design into one prompt for the default model.

    Parameters:
        design: a `Design`; or an id, a name, or ``best`` (of this task and model) in the archive.
        task: a `Task`, the name of one, or a file.
        method: one of `masdesign.distill.methods.METHODS`, or a class of your own.
        model: what answers, or a table of models by name and role, as in `open_runtime`; the role ``meta``
            writes prompts, for the methods that need one.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``, the look at test inside it;
            unlimited by default.
        seed: of the method and the bootstrap; it never changes the items.
        world: an independent replicate of all draws.
        candidates: drafts that a method makes where it can make several.
        tokens: the most that worked examples may take; by default a quarter of the model's window.
        steps: the most training steps of ``weights``.
        train_items: so many train items the method is given, as far as there are (a generated task has as
            many as are asked for); by default 100, and 1000 to train ``weights`` on.
        archive: where designs and their evaluations are kept, by default as for `Archive`.
        run: the run to go on with. All but budget and concurrency must be as it was.
        cache: the file of recorded calls; by default beside the archive.
        blocks: blocks of your own that the design may name.
        on_event: is told where the work stands (`masdesign.distill.events`).

    Raises:
        InputError: a name, a file or the budget is wrong, or the method has nothing to make; one line.
        BudgetExhausted: the budget ran out before a first draft was measured on val.
        CredentialsError, ProviderError: the model refused the key, or failed on too many items.

    Example::

        found = await run_distill_async("best", "arithmetic")
        print(found.verdict)
        found.save("prompt.md")
    """
    for more in blocks:
        BLOCKS.enter(more)
    method = METHODS.enter(method)
    chosen_method = METHODS.get(method)()
    meta_model = name_in_role(model, "meta")
    if chosen_method.needs_meta_model and meta_model is None:
        raise InputError(f"method {method!r} needs a model that writes prompts; name one in the role 'meta'")
    shown = chosen_method.train_items if train_items is None else train_items
    counts = (
        ("candidates", candidates, 1),
        ("tokens", tokens, 0),
        ("steps", steps, 1),
        ("train_items", shown, 1),
    )
    for what, value, least in counts:
        if value < least:
            raise InputError(f"{what} {value} is too small; give {least} or more")
    chosen = task if isinstance(task, Task) else load_task(task)
    settings = Settings(method, seed, world, candidates, tokens, meta_model or "", steps, shown)
    ledger = Ledger(Budget.parse(budget))
    async with AsyncExitStack() as stack:
        store = archive if isinstance(archive, Archive) else stack.enter_context(Archive(archive))
        teacher = design if isinstance(design, Design) else _found(store, design, chosen, model)
        place = calls_beside(store.place) if cache is None else cache
        calls = stack.enter_context(Cache.at(place))
        runtime = await stack.enter_async_context(
            open_runtime(
                model,
                task=chosen,
                cache=calls,
                concurrency=concurrency,
                world=world,
                price=price,
                base_url=base_url,
                ledger=ledger,
            )
        )
        await check_in_thread(teacher, runtime.blocks, models=tuple(runtime.models))

        def opened(name: str) -> LM:
            loaded = load_lm(name, cache=calls, concurrency=concurrency)
            stack.push_async_callback(loaded.aclose)
            return Budgeted(loaded, ledger)

        stack.push_async_callback(ledger.aclose)
        return await distil(
            teacher,
            chosen,
            chosen_method,
            runtime,
            ledger,
            store,
            settings,
            meta=runtime.roles.get("meta"),
            model_name=default_of(model),
            folder=_folder_of(place) / "models",
            open_model=opened,
            run=run,
            facts={"budget": budget, "concurrency": concurrency},
            on_event=on_event or ignore,
        )


run_distill = blocking(run_distill_async)


def _folder_of(calls: Path | str | None) -> Path:
    """Where the recorded calls lie; the working folder's own where they lie in no file."""
    return Path(".masdesign") if calls is None or "://" in str(calls) else Path(calls).parent


def _found(archive: Archive, ref: str, task: Task, model: Models) -> Design:
    if ref != "best":
        return archive.design(ref)
    return archive.best(task, model if isinstance(model, str) else None)
