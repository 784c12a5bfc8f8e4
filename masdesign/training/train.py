"""The training loop: batches from one process beside it, compiled steps, checkpoints.

The learning rate warms up and then falls as a cosine of the tokens read, so that a run is the same on
a busy machine, only slower.
"""

from __future__ import annotations

import math
import multiprocessing
import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.model import Abacus
from masdesign.training.optimiser import Optimiser, related
from masdesign.training.packing import Batch, batches
from masdesign.training.recipe import Drafts, Recipe, cases

CHECKPOINT_SECONDS = 60.0
LOG_STEPS = 100


@dataclass(frozen=True)
class Run:
    """One round of training."""

    tokens: float
    """So many are read, padding not counted."""
    recipe: Recipe
    seed: int = 0
    rate: float = 2e-3
    warm_up: int = 60
    """Steps."""
    floor: float = 0.02
    """The last learning rate, as a share of ``rate``."""
    compiled: bool = True


def losses(
    model: Abacus,
    ids: Tensor,
    cos: Tensor,
    sin: Tensor,
    mask: Tensor,
    source: Tensor,
    target: Tensor,
    weight: Tensor,
) -> Tensor:
    """The weighted sum of the tokens' losses in a batch; the arguments are those of `tensors`."""
    hidden = model(ids, (cos, sin), mask)
    scores = model.logits(hidden.flatten(0, 1).index_select(0, source))
    return (F.cross_entropy(scores, target, reduction="none") * weight).sum()


def train(
    model: Abacus,
    tokenizer: Tokenizer,
    run: Run,
    excluded: frozenset[str],
    scratch: Path,
    own: Drafts | None,
    log: Callable[[str], None],
) -> tuple[int, float]:
    """Train until ``run.tokens`` are read; gives back the tokens read and the minutes used.

    ``scratch / "checkpoint.pt"`` is written every minute; where it is there already, the run goes on
    from it.
    """
    optimiser = Optimiser(model, related(tokenizer))
    step, tokens, used = 0, 0, 0.0
    saved = scratch / "checkpoint.pt"
    if saved.exists():
        state: dict[str, Any] = torch.load(saved, weights_only=False)
        model.load_state_dict(state["model"])
        optimiser.load_state(state["optimiser"])
        step, tokens, used = state["step"], state["tokens"], state["used"]
    loss_of = torch.compile(losses) if run.compiled else losses
    started = time.monotonic() - used
    last_save, recent = time.monotonic(), []
    for batch in feed(tokenizer, run, excluded, own, seed=run.seed + step):
        if tokens >= run.tokens:
            break
        loss = loss_of(model, *tensors(model, batch, run.recipe.prompt_weight))
        torch.autograd.backward(loss)
        optimiser.step(_rate(run, step, tokens / run.tokens))
        step, tokens = step + 1, tokens + int((batch.tree >= 0).sum())
        recent.append(loss.item())
        if step % LOG_STEPS == 0:
            elapsed = time.monotonic() - started
            log(
                f"{elapsed / 60:6.2f} min  step {step:5d}  {tokens / 1e6:6.2f} M tokens  "
                f"loss {sum(recent) / len(recent):.4f}"
            )
            recent = []
        if time.monotonic() - last_save > CHECKPOINT_SECONDS:
            last_save = time.monotonic()
            _save(saved, model, optimiser, step, tokens, last_save - started)
    _save(saved, model, optimiser, step, tokens, time.monotonic() - started)
    return tokens, (time.monotonic() - started) / 60


def _save(path: Path, model: Abacus, optimiser: Optimiser, step: int, tokens: int, used: float) -> None:
    part = path.with_suffix(".part")
    torch.save(
        {
            "model": model.state_dict(),
            "optimiser": optimiser.state(),
            "step": step,
            "tokens": tokens,
            "used": used,
        },
        part,
    )
    part.replace(path)


def _rate(run: Run, step: int, share: float) -> float:
    cosine = run.floor + (1 - run.floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
    return run.rate * min(1.0, (step + 1) / run.warm_up) * cosine


def tensors(model: Abacus, batch: Batch, prompt_weight: float = 0.0) -> tuple[Tensor, ...]:
    """Ids, rotary turns, mask, where what is predicted, and weights, as `losses` takes them.

    Weights add up to 1 over the replies' tokens; a prompt's token weighs ``prompt_weight`` of a reply's.

    The mask lets a token see its own tree's root and its own branch. It is made here, since compiled code
    would make it again in every layer.
    """
    arrays = (batch.ids, batch.positions, batch.tree, batch.branch, batch.source, batch.target)
    ids, positions, tree, branch, source, target = (torch.from_numpy(a).long() for a in arrays)
    rows, time_ = ids.shape
    seen = torch.ones(time_, time_, dtype=torch.bool).tril() & (tree[:, :, None] == tree[:, None, :])
    seen &= (branch[:, None, :] == 0) | (branch[:, :, None] == branch[:, None, :])
    mask = torch.zeros(rows, 1, time_, time_).masked_fill_(~seen[:, None], -1e30)
    reply, real = torch.from_numpy(batch.reply), torch.from_numpy(batch.real)
    weight = torch.where(reply, 1.0, prompt_weight) * real / reply.sum()
    return ids, *model.turns(positions), mask, source, target, weight


def feed(
    tokenizer: Tokenizer, run: Run, excluded: frozenset[str], own: Drafts | None, seed: int
) -> Iterator[Batch]:
    """Batches made by one process beside this one."""
    context = multiprocessing.get_context("fork")
    lane: Any = context.Queue(maxsize=24)
    maker = context.Process(
        target=_make, args=(lane, tokenizer, run.recipe, excluded, own, seed), daemon=True
    )
    maker.start()
    try:
        while True:
            try:
                yield lane.get(timeout=60)
            except queue.Empty:
                raise RuntimeError("the process that makes the data has stopped") from None
    finally:
        maker.terminate()


def _make(
    lane: Any, tokenizer: Tokenizer, recipe: Recipe, excluded: frozenset[str], own: Drafts | None, seed: int
) -> None:
    torch.set_num_threads(1)
    for batch in batches(cases(recipe, seed, excluded, own), tokenizer):
        lane.put(batch)
