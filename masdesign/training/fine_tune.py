"""A copy of abacus trained further on given chats: ``python -m masdesign.training.fine_tune``.

    --examples FILE.jsonl   lines {"messages": [{"role", "content"}, …]}, the last one the reply to learn
    --out FOLDER            gets weights.npz, vocab.json, manifest.json: a model ``abacus:FOLDER``

Every fifth batch is of abacus's ordinary training, so that the copy keeps its other skills. One prompt in
ten is held out; the copy is that of the step at which its loss on them was lowest, and training ends where it
has not fallen for a while. Progress goes to standard error, a line ``step N of M loss L`` now and then, and
at the end which step was kept. The same examples, steps and seed give the same weights on one machine.
"""

import argparse
import copy
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import torch

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.case import Exercise
from masdesign.training.export import WEIGHTS, load, save
from masdesign.training.model import Abacus
from masdesign.training.optimiser import Optimiser, related
from masdesign.training.packing import Batch, batches, packed, trees
from masdesign.training.recipe import TrainingRecipe, cases
from masdesign.training.train import losses, tensors
from masdesign.types import Message

LOG_STEPS = 5
LOOK_STEPS = 10
"""So many steps lie between two looks at the examples held out."""
PATIENCE = 8
"""Training ends after so many looks without a lower loss."""
HELD_OUT = 10
"""One prompt in so many is held out."""


@dataclass(frozen=True)
class Tuning:
    """How far to go from the weights that are there."""

    steps: int = 200
    """At most so many batches, of about 3,000 tokens each."""
    rate: float = 1e-3
    """The highest learning rate, reached after ``warm_up``, from where it falls to 0 in a straight line."""
    warm_up: int = 20
    replay: float = 0.2
    """Share of the batches that are of abacus's ordinary training."""
    seed: int = 0


@dataclass(frozen=True)
class Kept:
    """Which of the weights on the way were kept."""

    step: int
    """0: those that there were before."""
    before: float
    """Loss a token on the examples held out (nats), before training."""
    after: float
    """The same with the weights that were kept."""

    def __str__(self) -> str:
        return f"kept step {self.step}: loss on held-out examples {self.after:.4f}, {self.before:.4f} before"


def fine_tune(
    start: Path, examples: Sequence[Exercise], out: Path, tuning: Tuning, log: Callable[[str], None]
) -> Kept:
    """Train a copy of the model in ``start`` on the examples and write it to ``out``.

    Raises ValueError where there are not two prompts that fit the window with their replies.
    """
    torch.manual_seed(tuning.seed)
    model, tokenizer, manifest = load(start)
    held, shown = _parted(examples, tokenizer, tuning.seed, model.arch.window)
    optimiser = Optimiser(model, related(tokenizer))
    before = _loss(model, held)
    kept, weights = Kept(0, before, before), copy.deepcopy(model.state_dict())
    for step, batch in enumerate(
        islice(_mixed(shown, tokenizer, tuning, model.arch.window), tuning.steps), 1
    ):
        loss = losses(model, *tensors(model, batch))
        torch.autograd.backward(loss)
        optimiser.step(_rate(tuning, step - 1))
        if step % LOG_STEPS == 0 or step == tuning.steps:
            log(f"step {step} of {tuning.steps} loss {loss.item():.4f}")
        if step % LOOK_STEPS == 0 or step == tuning.steps:
            now = _loss(model, held)
            if now < kept.after:
                kept, weights = Kept(step, before, now), copy.deepcopy(model.state_dict())
            elif step - kept.step >= PATIENCE * LOOK_STEPS:
                break
    log(str(kept))
    model.load_state_dict(weights)
    record = {**asdict(tuning), **asdict(kept), "prompts": len(shown), "examples": sum(map(len, shown))}
    facts = {
        "name": manifest["name"],
        "fine_tuned_from": manifest["revision"],
        "fine_tuning": record,
        "calibration": {},
    }
    save(model, tokenizer, facts, out)
    return kept


def _rate(tuning: Tuning, step: int) -> float:
    left = 1 - step / max(1, tuning.steps)
    return tuning.rate * min(1.0, (step + 1) / tuning.warm_up) * left


def _parted(
    examples: Sequence[Exercise], tokenizer: Tokenizer, seed: int, window: int
) -> tuple[list[Batch], list[list[Exercise]]]:
    """The examples held out, as batches, and the others by prompt: all of one prompt are on one side."""
    by_prompt: dict[tuple[Message, ...], list[Exercise]] = {}
    for example in examples:
        if trees([example], tokenizer, window):
            by_prompt.setdefault(example.messages, []).append(example)
    order = list(by_prompt.values())
    if len(order) < 2:
        raise ValueError("fewer than two prompts fit the model's window with their replies")
    random.Random(seed).shuffle(order)
    count = max(1, len(order) // HELD_OUT)
    return packed(iter(order[:count]), tokenizer, window), order[count:]


def _loss(model: Abacus, held: Sequence[Batch]) -> float:
    """The mean loss of a reply's token, in nats."""
    with torch.no_grad():
        sums = [losses(model, *tensors(model, batch)).item() * int(batch.reply.sum()) for batch in held]
    return sum(sums) / sum(int(batch.reply.sum()) for batch in held)


def _mixed(
    shown: Sequence[list[Exercise]], tokenizer: Tokenizer, tuning: Tuning, window: int
) -> Iterator[Batch]:
    """Batches of the examples, shuffled anew in each round, and of ordinary training among them."""
    rng = random.Random(tuning.seed)
    order = list(shown)

    def rounds() -> Iterator[list[Exercise]]:
        while True:
            rng.shuffle(order)
            yield from order

    own = batches(rounds(), tokenizer, window)
    usual = batches(cases(TrainingRecipe(), tuning.seed, frozenset()), tokenizer, window)
    due = 0.0
    while True:
        due += tuning.replay
        yield next(usual if due >= 1 else own)
        due -= due >= 1


def read_examples(path: Path) -> list[Exercise]:
    """The chats of a file, as `masdesign distill --method dataset` writes them."""
    examples = []
    for line in path.read_text(encoding="utf-8").splitlines():
        *turns, reply = json.loads(line)["messages"]
        messages = tuple(Message(m["role"], m["content"]) for m in turns)
        examples.append(Exercise("fine_tuned", messages, reply["content"]))
    return examples


def main() -> None:
    """Fine-tune, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m masdesign.training.fine_tune", description=__doc__)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=WEIGHTS, help="the weights to start from")
    parser.add_argument("--steps", type=int, default=Tuning.steps)
    parser.add_argument("--rate", type=float, default=Tuning.rate)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--replay", type=float, default=Tuning.replay, help="share of ordinary training")
    parser.add_argument("--threads", type=int, help="of PyTorch; its own choice by default")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    tuning = Tuning(options.steps, options.rate, replay=options.replay, seed=options.seed)

    def log(line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    fine_tune(options.start, read_examples(options.examples), options.out, tuning, log)


if __name__ == "__main__":
    main()
