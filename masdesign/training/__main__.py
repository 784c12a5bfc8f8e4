"""Make abacus's weights again: ``python -m masdesign.training --scratch DIR``.

Easy items first, then two rounds of training with abacus's own drafts between them, then the
calibration; each part is kept in the scratch folder, so that the same command goes on where an
earlier one was stopped. With ``--start FOLDER`` the first weights are an earlier model's, whose pieces stay
in the vocabulary. With ``--resume FILE`` it goes on from a checkpoint that `masdesign.training.keep` wrote.
"""

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.beginning import begin
from masdesign.training.calibrate import calibrate
from masdesign.training.export import WEIGHTS, load, save
from masdesign.training.keep import ROUNDS, earlier_tokens, unpack
from masdesign.training.model import Abacus, Architecture
from masdesign.training.optimiser import related
from masdesign.training.overlap import measured_overlap
from masdesign.training.own import drafts
from masdesign.training.probe import probe
from masdesign.training.recipe import EASY, Drafts, TrainingRecipe, cases, public_hashes
from masdesign.training.sample import Sampler
from masdesign.training.start import start_from, union
from masdesign.training.train import Round, train
from masdesign.training.vocabulary import pieces

OWN_ITEMS = {
    "arithmetic": 700,
    "boolean": 450,
    "ledger": 700,
    "navigate": 550,
    "object_counting": 550,
    "shuffled_objects": 550,
    "truth_tellers": 500,
}
"""Items a family that the second round's drafts are of."""
SHAPE = Architecture(0, layers=6, window=1536, smear=True)
FIRST = {"practice_cases": 0.2, "look_up_cases": 0.2, "alone": 0.9, "prompt_weight": 0.2, "ease": 0.85}
"""What the recipe of the easy items changes, beside their difficulties."""
SECOND = {"own_cases": 0.45, "step_cases": 0.45, "practice_cases": 0.0, "look_up_cases": 0.08, "ease": 0.2}
"""What the second round's recipe changes."""


def main() -> None:
    """Parse the arguments and run what is not done yet."""
    parser = argparse.ArgumentParser(prog="python -m masdesign.training", description=__doc__)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for checkpoints and drafts")
    parser.add_argument("--tokens", type=float, default=80.0, help="first round, in millions (default 80)")
    parser.add_argument("--second-tokens", type=float, default=14.0, help="second round (default 14)")
    parser.add_argument("--easy-tokens", type=float, default=4.0, help="easy items first (default 4)")
    parser.add_argument("--start", type=Path, help="folder of an earlier model's weights to begin with")
    parser.add_argument("--resume", type=Path, help="a kept checkpoint to go on from")
    parser.add_argument("--probe-minutes", type=float, default=15.0, help="between probes (default 15)")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate (default 0.002)")
    parser.add_argument(
        "--public", type=Path, help="folder of BIG-Bench Hard .json files whose items are left out"
    )
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS, help="where the weights go (default: the package)"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    _make(options, TrainingRecipe())


def _make(options: argparse.Namespace, recipe: TrainingRecipe) -> None:
    excluded = public_hashes(options.public)
    begun = unpack(options.resume, options.scratch) if options.resume else ROUNDS[0]
    tokenizer = _tokenizer(options, recipe, excluded)
    model = _first(options, tokenizer)
    look = probe(tokenizer)
    easy = replace(recipe, difficulties=EASY, **FIRST)  # type: ignore[arg-type]
    later = replace(recipe, **SECOND)  # type: ignore[arg-type]
    own: Drafts | None = None
    rounds = {
        "easy": Round(options.easy_tokens * 1e6, easy, options.seed + 1_000_000, options.rate, floor=1.0),
        "round1": Round(options.tokens * 1e6, recipe, options.seed + 2_000_000, options.rate),
        "round2": Round(options.second_tokens * 1e6, later, options.seed + 900_000_000, options.rate / 2),
    }
    used = {name: (count, 0.0) for name, count in earlier_tokens(options.resume).items()}
    for name in ROUNDS[ROUNDS.index(begun) :]:
        run = replace(rounds[name], probe_seconds=60 * options.probe_minutes)
        folder = options.scratch / name
        folder.mkdir(exist_ok=True)
        if name == "round2":
            path = options.scratch / "drafts.pt"
            own = _drafts(path, model, tokenizer, recipe, options.seed, excluded)
        used[name] = train(model, tokenizer, run, excluded, folder, own, _log, look)
        save(model, tokenizer, {"trained": name, "calibration": {}}, folder)
    facts: dict[str, Any] = {
        "seed": options.seed,
        "tokens": {name: tokens for name, (tokens, _) in used.items()},
        "minutes": {name: round(minutes, 1) for name, (_, minutes) in used.items()},
        "threads": options.threads,
        "started_from": load(options.start)[2]["revision"] if options.start else "",
        "recipe": {name: asdict(run.recipe) for name, run in rounds.items()} | {"own_items": OWN_ITEMS},
        "overlap": measured_overlap(recipe, options.public),
        "calibration": {},
    }
    save(model, tokenizer, facts, options.out)
    _log("weights saved; calibrating")
    facts["mechanisms"] = probe(tokenizer, items=100, seed=1)(model)
    facts["calibration"] = calibrate(Sampler(_as_shipped(model), tokenizer, options.seed), recipe, _log)
    save(model, tokenizer, facts, options.out)


def _as_shipped(model: Abacus) -> Abacus:
    """With the weights rounded to float16, as they are in the package."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model


def _tokenizer(options: argparse.Namespace, recipe: TrainingRecipe, excluded: frozenset[str]) -> Tokenizer:
    options.scratch.mkdir(parents=True, exist_ok=True)
    path = options.scratch / "vocab.json"
    if not path.exists():
        vocabulary = pieces(cases(recipe, options.seed, excluded))
        if options.start:
            vocabulary = union(vocabulary, Tokenizer.from_file(options.start / "vocab.json"))
        Tokenizer(vocabulary).save(path)
    return Tokenizer.from_file(path)


def _first(options: argparse.Namespace, tokenizer: Tokenizer) -> Abacus:
    """The weights before training: an earlier model's, or new ones."""
    generator = torch.Generator().manual_seed(options.seed + 1)
    if options.start:
        return start_from(options.start, tokenizer, generator, SHAPE)
    model = Abacus(replace(SHAPE, vocabulary=len(tokenizer)))
    begin(model, related(tokenizer), generator)
    return model


def _drafts(
    path: Path,
    model: Abacus,
    tokenizer: Tokenizer,
    recipe: TrainingRecipe,
    seed: int,
    excluded: frozenset[str],
) -> Drafts:
    if not path.exists():
        items = drafts(Sampler(model, tokenizer, seed), recipe, OWN_ITEMS, seed + 5, excluded)
        torch.save(items, path)
        _log("drafts: " + ", ".join(f"{name} {len(rows)}" for name, rows in items.items()))
    loaded: Drafts = torch.load(path, weights_only=False)
    return loaded


def _log(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
