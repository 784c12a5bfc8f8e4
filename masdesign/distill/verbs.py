"""`run_distill`: a design as one prompt, with what is lost measured, in one call."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.archive.calls import calls_beside
from masdesign.archive.tables.runs import DISTILLATION
from masdesign.distill.distil import DistillSettings, OnEvent, distil
from masdesign.distill.job import Method
from masdesign.distill.methods import DEFAULT_METHOD, METHODS
from masdesign.distill.result import Distillation
from masdesign.errors import InputError
from masdesign.lm.table import Models, default_of, name_in_role, stored
from masdesign.session.progress import watching
from masdesign.session.resolve import models_chosen_with, resolve_design
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.tasks import Task, load_task
from masdesign.workflow import Block, Design, check_in_thread

_OF_THE_METHOD: tuple[str, ...] = ("world", "candidates", "tokens", "steps", "train_items")


class DistillOptions(Resources, total=False):
    """Further options of a distillation."""

    world: int
    """An independent replicate of all draws."""
    candidates: int
    """Drafts that a method makes where it can make several (4)."""
    tokens: int
    """The most that worked examples may take; by default a quarter of the model's window."""
    steps: int
    """The most training steps of ``weights`` (200)."""
    train_items: int | None
    """So many train items the method is given, as far as there are (a generated task has as many as are
    asked for); by default 100, and 1000 to train ``weights`` on."""
    progress: bool
    """Print on standard error where the work stands; by default nothing is printed."""
    on_event: OnEvent
    """Is told where the work stands (`masdesign.distill.distil`)."""


async def run_distill_async(
    design: Design | Block[..., Any] | str,
    task: Task | str | Path,
    *,
    method: str | type[Method] = DEFAULT_METHOD,
    model: Models | None = None,
    budget: str | None = None,
    seed: int = 0,
    run: str = "",
    **options: Unpack[DistillOptions],
) -> Distillation:
    """Distil a design into one prompt for the default model.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        task: a `Task`, the name of one, or a file.
        method: one of `masdesign.distill.methods.METHODS`.
        model: a model, or a table of them by name and role, as in `run_search`; by default the models that
            the design was chosen with, else abacus. The role ``meta`` writes prompts, for methods that need
            a model for that.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``, the look at test inside it;
            unlimited by default.
        seed: of the method and the bootstrap; it never changes the items.
        run: the run to go on with. All but budget and concurrency must be as it was.
        options: see `DistillOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name, a file or the budget is wrong, or the method has nothing to make; one line.
        BudgetExhausted: the budget ran out before a first draft was measured on val.
        CredentialsError, ProviderError: the model refused the key, or failed on too many items.

    Example::

        found = await run_distill_async("best", "arithmetic")
        print(found.verdict)
        found.save("prompt.md")
    """
    given: dict[str, Any] = dict(options)
    taken = {name: given.pop(name) for name in _OF_THE_METHOD if name in given}
    on_event = watching(given.pop("on_event", None), progress=given.pop("progress", False))
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        named = None if model is None else default_of(model)
        teacher = resolve_design(design, archive=session.archive, task=chosen, model=named)
        model = model or models_chosen_with(session.archive, teacher) or "abacus"
        name = METHODS.enter(method)
        maker = METHODS.get(name)()
        settings = _settings(maker, name, seed, name_in_role(model, "meta"), taken)
        spec = RunSpec(DISTILLATION + name, chosen, model, seed, settings.world, conduct=Conduct(budget))
        async with session.run(spec, on_event=on_event) as opened:
            await check_in_thread(teacher, opened.runtime.blocks, models=tuple(opened.runtime.models))
            return await distil(
                opened, teacher, maker, settings,
                model_name=default_of(model),
                folder=_folder_of(session) / "models",
                open_model=lambda name: session.model(name, opened.ledger),
                name=run,
                facts={"budget": budget, "concurrency": session.concurrency, "models": stored(model)},
            )  # fmt: skip


run_distill = blocking(run_distill_async)


def _settings(
    method: Method, name: str, seed: int, meta_model: str | None, taken: Mapping[str, Any]
) -> DistillSettings:
    """Raises InputError where a value is out of range, or the method's model is missing."""
    if method.needs_meta_model and meta_model is None:
        raise InputError(f"method {name!r} needs a model that writes prompts; give one in the role meta")
    given = {key: value for key, value in taken.items() if value is not None}
    settings = DistillSettings(
        name, seed, meta_model=meta_model or "", **{"train_items": method.train_items, **given}
    )
    for what, least in (("candidates", 1), ("tokens", 0), ("steps", 1), ("train_items", 1)):
        if getattr(settings, what) < least:
            raise InputError(f"{what} {getattr(settings, what)} is too small; give {least} or more")
    return settings


def _folder_of(session: Session) -> Path:
    """Where the recorded calls lie; the working folder's own where they lie in no file."""
    place = calls_beside(session.archive.place)
    return Path(".masdesign") if place is None or "://" in str(place) else Path(place).parent
