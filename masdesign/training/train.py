"""The training loop: batches from one process beside it, compiled steps, checkpoints.

The learning rate warms up, stays, and falls towards the end as a share of the tokens read, so that a run is
the same on a busy machine, only slower, and can be made longer while it has not begun to fall (Hägele et al.
2024, arXiv:2405.18392). Data come in chunks, each from a seed of its own, and checkpoints are written
between them: a run that goes on from one reads what it would have read.
"""

import math
import multiprocessing
import queue
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.model import Abacus, has_bfloat16
from masdesign.training.optimiser import Optimiser, related
from masdesign.training.packing import Batch, packed
from masdesign.training.recipe import Drafts, TrainingRecipe, cases

CHECKPOINT_SECONDS = 150.0
CHUNK = 200
"""Cases of one chunk of the data: some 100,000 tokens."""
LOG_STEPS = 25
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Round:
    """One round of training."""

    tokens: float
    """So many are read, padding not counted."""
    recipe: TrainingRecipe
    seed: int = 0
    rate: float = 2e-3
    warm_up: int = 60
    """Steps."""
    floor: float = 0.02
    """The last learning rate, as a share of ``rate``."""
    fall: float = 0.3
    """Share of the tokens, the last ones, over which the rate falls."""
    compiled: bool = True
    half: bool = field(default_factory=has_bfloat16)
    """Whether products are taken in bfloat16; weights and their sums stay float32."""
    probe_seconds: float = math.inf
    """Time between two calls of the probe."""


@dataclass
class Progress:
    """How far a round is."""

    step: int = 0
    tokens: int = 0
    chunk: int = 0
    """Chunks of data that were read."""
    used: float = 0.0
    """Seconds."""


Probe = Callable[[Abacus], dict[str, float]]


def losses(
    model: Abacus,
    ids: Tensor,
    cos: Tensor,
    sin: Tensor,
    mask: Tensor,
    before: Tensor,
    source: Tensor,
    target: Tensor,
    weight: Tensor,
) -> Tensor:
    """The weighted sum of the tokens' losses in a batch; the arguments are those of `tensors`."""
    return (token_losses(model, ids, cos, sin, mask, before, source, target) * weight).sum()


def token_losses(
    model: Abacus,
    ids: Tensor,
    cos: Tensor,
    sin: Tensor,
    mask: Tensor,
    before: Tensor,
    source: Tensor,
    target: Tensor,
) -> Tensor:
    """The loss of every token that is predicted, in nats."""
    hidden = model(ids, (cos, sin), mask, before)
    scores = model.logits(hidden.flatten(0, 1).index_select(0, source))
    return F.cross_entropy(scores, target, reduction="none")


def train(
    model: Abacus,
    tokenizer: Tokenizer,
    run: Round,
    excluded: frozenset[str],
    scratch: Path,
    own: Drafts | None,
    log: Callable[[str], None],
    probe: Probe | None = None,
) -> tuple[int, float]:
    """Train until ``run.tokens`` are read; gives back the tokens read and the minutes used.

    ``scratch / "checkpoint.pt"`` is written every few minutes; where it is there already, the run goes on
    from it. ``probe`` measures the model now and then, and what it gives is logged.
    """
    optimiser = Optimiser(model, related(tokenizer))
    saved, done = scratch / CHECKPOINT, Progress()
    if saved.exists():
        done = restore(torch.load(saved, weights_only=False), model, optimiser)
    if done.tokens >= run.tokens:
        return done.tokens, done.used / 60
    loss_of = torch.compile(token_losses, dynamic=False) if run.compiled else token_losses
    tally = Tally(log)
    started = time.monotonic() - done.used
    last_save = last_probe = time.monotonic()
    for batch in feed(tokenizer, run, excluded, own, model.arch.window, done.chunk):
        if batch is None:  # the end of a chunk
            done.chunk += 1
            done.used = time.monotonic() - started
            if done.tokens >= run.tokens or time.monotonic() - last_save > CHECKPOINT_SECONDS:
                last_save = time.monotonic()
                save_checkpoint(saved, model, optimiser, done)
            if probe and time.monotonic() - last_probe > run.probe_seconds:
                log(f"probe at {done.tokens / 1e6:.2f} M tokens: {probe(model)}")
                last_probe = time.monotonic()
            if done.tokens >= run.tokens:
                break
            continue
        *arguments, weight = tensors(model, batch, run.recipe.prompt_weight)
        with torch.autocast("cpu", torch.bfloat16, enabled=run.half):
            each = loss_of(model, *arguments)
        torch.autograd.backward((each * weight).sum())
        optimiser.step(_rate(run, done.step, done.tokens / run.tokens))
        done.step, done.tokens = done.step + 1, done.tokens + int((batch.tree >= 0).sum())
        tally.add(batch, each.detach())
        if done.step % LOG_STEPS == 0:
            tally.tell(done, time.monotonic() - started)
    return done.tokens, done.used / 60


class Tally:
    """The mean losses since the last line of the log, by skill, and the speed."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self.log = log
        self.sums: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)
        self.last = (0, time.monotonic())

    def add(self, batch: Batch, each: Tensor) -> None:
        """Count a batch's replies."""
        losses_, replies = each.numpy(), batch.reply & batch.real
        for number, skill in enumerate(batch.skills):
            mine = replies & (batch.skill == number)
            self.sums[skill] += float(losses_[mine].sum())
            self.counts[skill] += int(mine.sum())

    def tell(self, done: Progress, elapsed: float) -> None:
        """Log a line, and begin anew."""
        mean = sum(self.sums.values()) / max(1, sum(self.counts.values()))
        tokens, at = self.last
        speed = (done.tokens - tokens) / max(1e-9, time.monotonic() - at) if tokens else 0.0
        by_skill = " ".join(
            f"{skill} {self.sums[skill] / count:.3f}" for skill, count in sorted(self.counts.items()) if count
        )
        self.log(
            f"{elapsed / 60:6.2f} min  step {done.step:5d}  {done.tokens / 1e6:6.2f} M tokens  "
            f"{speed:5.0f} tokens/s  loss {mean:.4f}  {by_skill}"
        )
        self.sums.clear()
        self.counts.clear()
        self.last = (done.tokens, time.monotonic())


def save_checkpoint(path: Path, model: Abacus, optimiser: Optimiser, done: Progress) -> None:
    """Write everything that `restore` needs; a broken write leaves the file as it was."""
    part = path.with_suffix(".part")
    state = {"model": model.state_dict(), "optimiser": optimiser.state(), "progress": vars(done)}
    torch.save(state | {"architecture": asdict(model.arch)}, part)
    part.replace(path)


def restore(state: dict[str, Any], model: Abacus, optimiser: Optimiser) -> Progress:
    """Take the weights and the optimiser's state from a checkpoint."""
    model.load_state_dict(state["model"])
    optimiser.load_state(state["optimiser"])
    return Progress(**state["progress"])


def _rate(run: Round, step: int, share: float) -> float:
    """Up to ``rate``, level, and down to ``floor`` of it as the root of what is left."""
    left = min(1.0, max(0.0, 1 - share) / run.fall)
    level = run.floor + (1 - run.floor) * (1 - math.sqrt(1 - left)) if left < 1 else 1.0
    return run.rate * min(1.0, (step + 1) / run.warm_up) * level


def tensors(model: Abacus, batch: Batch, prompt_weight: float = 0.0) -> tuple[Tensor, ...]:
    """Ids, rotary turns, mask, tokens before, where what is predicted, and weights, as `losses` takes them.

    Weights add up to 1 over the replies' tokens; a prompt's token weighs ``prompt_weight`` of a reply's.

    The mask lets a token see its own tree's root and its own branch. It is made here, since compiled code
    would make it again in every layer.
    """
    arrays = (batch.ids, batch.positions, batch.tree, batch.branch, batch.before, batch.source, batch.target)
    ids, positions, tree, branch, before, source, target = (torch.from_numpy(a).long() for a in arrays)
    rows, time_ = ids.shape
    seen = torch.ones(time_, time_, dtype=torch.bool).tril() & (tree[:, :, None] == tree[:, None, :])
    seen &= (branch[:, None, :] == 0) | (branch[:, :, None] == branch[:, None, :])
    mask = torch.zeros(rows, 1, time_, time_).masked_fill_(~seen[:, None], -1e30)
    reply, real = torch.from_numpy(batch.reply), torch.from_numpy(batch.real)
    weight = torch.where(reply, 1.0, prompt_weight) * real / reply.sum()
    return ids, *model.turns(positions), mask, before.flatten(), source, target, weight


def feed(
    tokenizer: Tokenizer,
    run: Round,
    excluded: frozenset[str],
    own: Drafts | None,
    window: int,
    first: int = 0,
) -> Iterator[Batch | None]:
    """Batches made by one process beside this one; ``None`` ends each chunk of the data."""
    context = multiprocessing.get_context("fork")
    lane: Any = context.Queue(maxsize=64)
    maker = context.Process(
        target=_make, args=(lane, tokenizer, run, excluded, own, window, first), daemon=True
    )
    maker.start()
    try:
        while True:
            try:
                yield lane.get(timeout=300)
            except queue.Empty:
                raise RuntimeError("the process that makes the data has stopped") from None
    finally:
        maker.terminate()


def _make(
    lane: Any,
    tokenizer: Tokenizer,
    run: Round,
    excluded: frozenset[str],
    own: Drafts | None,
    window: int,
    first: int,
) -> None:
    torch.set_num_threads(1)
    for number in count(first):
        stream = cases(run.recipe, run.seed + number, excluded, own)
        for batch in packed(islice(stream, CHUNK), tokenizer, window):
            lane.put(batch)
        lane.put(None)
