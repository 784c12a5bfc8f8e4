"""Keep a checkpoint where it lasts: ``python -m masdesign.training.keep --scratch DIR``.

Weights and the optimiser's moments go into one file in half precision, each array scaled by its largest
value, with a small JSON beside it. ``python -m masdesign.training --resume FILE`` goes on from it. With
``--weights FOLDER`` the weights alone are written as a model to try: ``--model abacus:FOLDER``.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.export import save, template_record
from masdesign.training.model import Abacus, Architecture
from masdesign.training.recipe import TrainingRecipe
from masdesign.training.train import CHECKPOINT

CHECKPOINTS = Path(__file__).parent / "checkpoints"
FILE = "abacus3.npz"
ROUNDS = ("easy", "round1", "round2")


def keep(scratch: Path, out: Path = CHECKPOINTS) -> Path:
    """Write the newest checkpoint below ``scratch`` to ``out``; gives back the file.

    Raises:
        FileNotFoundError: there is none.
    """
    newest = _rounds(scratch)
    state = torch.load(scratch / newest[-1] / CHECKPOINT, weights_only=False)
    arrays = {name: array for name, value in _flat(state) for name, array in _halved(name, value)}
    out.mkdir(parents=True, exist_ok=True)
    part = out / f"{FILE}.part.npz"
    np.savez(part, **arrays)  # type: ignore[arg-type]
    facts = {
        "round": newest[-1],
        "architecture": state["architecture"],
        "progress": state["progress"],
        "tokens": {name: _tokens(scratch / name / CHECKPOINT) for name in newest},
        "templates": template_record(),
        "recipe": recipe_hash(TrainingRecipe()),
        "pieces": Tokenizer.from_file(scratch / "vocab.json").pieces,
        "sha256": hashlib.sha256(part.read_bytes()).hexdigest(),
    }
    part.replace(out / FILE)
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (out / FILE).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return out / FILE


def write_weights(scratch: Path, folder: Path) -> str:
    """Write the newest checkpoint's weights as a model without a card; gives back its revision.

    Raises:
        FileNotFoundError: there is no checkpoint.
    """
    name = _rounds(scratch)[-1]
    state = torch.load(scratch / name / CHECKPOINT, weights_only=False)
    model = Abacus(Architecture(**state["architecture"]))
    model.load_state_dict(state["model"])
    facts = {"trained": name, "tokens": state["progress"]["tokens"], "calibration": {}}
    return save(model, Tokenizer.from_file(scratch / "vocab.json"), facts, folder)


def _rounds(scratch: Path) -> list[str]:
    begun = [name for name in ROUNDS if (scratch / name / CHECKPOINT).exists()]
    if not begun:
        raise FileNotFoundError(f"no checkpoint below {scratch}")
    return begun


def unpack(file: Path, scratch: Path) -> str:
    """Lay a kept checkpoint out below ``scratch``, where nothing is there yet; gives back its round.

    Raises:
        ValueError: the file is not the one that its JSON describes.
    """
    facts = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    if hashlib.sha256(file.read_bytes()).hexdigest() != facts["sha256"]:
        raise ValueError(f"{file} is not the file that {file.with_suffix('.json').name} describes")
    place = scratch / facts["round"] / CHECKPOINT
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        Tokenizer(facts["pieces"]).save(scratch / "vocab.json")
        with np.load(file) as stored:
            state = _whole({name: stored[name] for name in stored.files})
        state |= {"progress": facts["progress"], "architecture": facts["architecture"]}
        torch.save(state, place)
    return str(facts["round"])


def earlier_tokens(file: Path | None) -> dict[str, int]:
    """Tokens by round that a kept checkpoint has seen; empty without one."""
    if file is None:
        return {}
    tokens: dict[str, int] = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["tokens"]
    return tokens


def recipe_hash(recipe: TrainingRecipe) -> str:
    """A short hash of every share of a recipe."""
    return hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode()).hexdigest()[:12]


def _tokens(path: Path) -> int:
    return int(torch.load(path, weights_only=False)["progress"]["tokens"])


def _flat(state: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """The arrays of a checkpoint by name; a second moment as its root, which has half the range."""
    for name, value in state["model"].items():
        yield f"model/{name}", value
    for number, value in enumerate(state["optimiser"]["momentum"]):
        yield f"momentum/{number}", value
    for number, moments in state["optimiser"]["adam"]["state"].items():
        yield f"step/{number}", moments["step"]
        yield f"first/{number}", moments["exp_avg"]
        yield f"second/{number}", moments["exp_avg_sq"].sqrt()


def _halved(name: str, value: Tensor) -> Iterator[tuple[str, NDArray[Any]]]:
    array = value.numpy()
    if array.ndim == 0:
        yield name, array
        return
    scale = np.float32(abs(array).max() or 1.0)
    yield name, (array / scale).astype(np.float16)
    yield f"{name}/scale", np.asarray(scale)


def _whole(stored: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """The checkpoint that `_flat` and `_halved` took apart."""
    parts: dict[str, dict[str, Tensor]] = {}
    for name, array in stored.items():
        kind, _, rest = name.partition("/")
        if rest.endswith("/scale"):
            continue
        scale = stored.get(f"{name}/scale", np.float32(1))
        parts.setdefault(kind, {})[rest] = torch.from_numpy(np.asarray(array * scale, np.float32))
    adam = {
        int(n): {
            "step": parts["step"][n],
            "exp_avg": parts["first"][n],
            "exp_avg_sq": parts["second"][n] ** 2,
        }
        for n in parts.get("step", {})
    }
    momentum = [parts["momentum"][str(n)] for n in range(len(parts.get("momentum", {})))]
    return {"model": parts["model"], "optimiser": {"moments": adam, "momentum": momentum}}


def main() -> None:
    """Keep the newest checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m masdesign.training.keep", description=__doc__)
    parser.add_argument("--scratch", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, default=CHECKPOINTS)
    parser.add_argument("--weights", type=Path, help="write a model to try into this folder instead")
    options = parser.parse_args()
    if options.weights:
        sys.stderr.write(f"{options.weights}: revision {write_weights(options.scratch, options.weights)}\n")
        return
    file = keep(options.scratch, options.out)
    sys.stderr.write(f"{file}: {file.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
