"""A copy of abacus trained further on given chats: ``python -m masdesign.training.fine_tune``.

    --examples FILE.jsonl   lines {"messages": [{"role", "content"}, …]}, the last one the reply to learn
    --out FOLDER            gets weights.npz, vocab.json, manifest.json: a model ``abacus:FOLDER``

Progress goes to standard error, a line ``step N of M loss L`` now and then. The same examples, steps and
seed give the same weights on one machine.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.case import Example
from masdesign.training.export import WEIGHTS, load, save
from masdesign.training.model import Abacus
from masdesign.training.optimiser import Optimiser, related
from masdesign.training.packing import Batch, batches
from masdesign.training.train import losses, tensors
from masdesign.types import Message

LOG_STEPS = 5


@dataclass(frozen=True)
class Tuning:
    """How far to go from the weights that are there."""

    steps: int = 300
    """Batches, of about 3,000 tokens each."""
    rate: float = 3e-4
    """The highest learning rate, reached after ``warm_up``, from where it falls to 0 in a straight line."""
    warm_up: int = 20
    seed: int = 0


def fine_tune(
    start: Path, examples: Sequence[Example], out: Path, tuning: Tuning, log: Callable[[str], None]
) -> str:
    """Train a copy of the model in ``start`` on the examples and write it to ``out``; its revision.

    Raises ValueError where there is no example that fits the window.
    """
    torch.manual_seed(tuning.seed)
    model, tokenizer, manifest = load(start)
    optimiser = Optimiser(model, related(tokenizer))
    step, tokens = 0, 0
    for batch in _endless(examples, tokenizer, tuning.seed):
        if step == tuning.steps:
            break
        loss = losses(model, *tensors(model, batch))
        torch.autograd.backward(loss)
        optimiser.step(_rate(tuning, step))
        step, tokens = step + 1, tokens + int((batch.tree >= 0).sum())
        if step % LOG_STEPS == 0 or step == tuning.steps:
            log(f"step {step} of {tuning.steps} loss {loss.item():.4f}")
    return _save(model, tokenizer, manifest, tuning, len(examples), tokens, out)


def _save(
    model: Abacus,
    tokenizer: Tokenizer,
    manifest: dict[str, object],
    tuning: Tuning,
    examples: int,
    tokens: int,
    out: Path,
) -> str:
    told = {**asdict(tuning), "examples": examples, "tokens": tokens}
    facts = {"fine_tuned_from": manifest["revision"], "fine_tuning": told, "calibration": {}}
    return save(model, tokenizer, facts, out)


def _rate(tuning: Tuning, step: int) -> float:
    left = 1 - step / max(1, tuning.steps)
    return tuning.rate * min(1.0, (step + 1) / tuning.warm_up) * left


def _endless(examples: Sequence[Example], tokenizer: Tokenizer, seed: int) -> Iterator[Batch]:
    """Batches of the examples, shuffled anew in each round."""
    rng = random.Random(seed)
    order = list(examples)

    def rounds() -> Iterator[list[Example]]:
        while True:
            rng.shuffle(order)
            yield from ([example] for example in order)

    fit = [e for e in order if len(tokenizer.encode_chat(e.messages)) + len(tokenizer.encode(e.reply)) < 500]
    if not fit:
        raise ValueError("no example fits the model's window")
    order[:] = fit
    return batches(rounds(), tokenizer)


def read_examples(path: Path) -> list[Example]:
    """The chats of a file, as `masdesign distill --method dataset` writes them."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        *asked, reply = json.loads(line)["messages"]
        messages = tuple(Message(m["role"], m["content"]) for m in asked)
        found.append(Example("fine_tuned", messages, reply["content"]))
    return found


def main() -> None:
    """Fine-tune, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m masdesign.training.fine_tune", description=__doc__)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=WEIGHTS, help="the weights to start from")
    parser.add_argument("--steps", type=int, default=Tuning.steps)
    parser.add_argument("--rate", type=float, default=Tuning.rate)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tuning = Tuning(options.steps, options.rate, seed=options.seed)

    def log(line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    fine_tune(options.start, read_examples(options.examples), options.out, tuning, log)


if __name__ == "__main__":
    main()
