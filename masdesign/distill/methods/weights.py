"""The design's habits trained into a copy of the embedded model (PyTorch extra)."""

import asyncio
import hashlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from masdesign.distill._lessons import lessons
from masdesign.distill.job import Draft, Job, Method
from masdesign.distill.methods.dataset import chats, lines
from masdesign.distill.prompt import plain_prompt
from masdesign.errors import InputError
from masdesign.lm.abacus.provider import folder_of

LEAST_EXAMPLES = 4
_STEP = re.compile(r"step (\d+) of (\d+) ")


class Weights(Method):
    """Fine-tunes a copy of abacus on what the design got right on train, and asks it step by step.

    What is learnt are its right drafts, the less successful ways of beginning left out, and of a design
    that takes problems apart the parts with the whole, in one reply (`lessons`). The student is the copy with
    the plain step-by-step prompt, measured on items of val and test, which no training has seen; step by
    step and the vote beside it are the model as it was. The copy stays in a folder and is a model for every
    command: ``--model abacus:FOLDER``.

    Training runs in a process of its own (`masdesign.training.fine_tune`), a second or two a step. Some of
    the train items are held out there and decide when it ends.

    Reference: Zelikman et al. 2022, STaR, arXiv:2203.14465.
    """

    name = "weights"
    summary = "fine-tunes a copy of abacus on the design's right transcripts (PyTorch extra)"
    reference = "arXiv:2203.14465"
    train_items = 1000

    async def drafts(self, job: Job) -> Sequence[Draft]:
        start = start_of(job.model)
        if importlib.util.find_spec("torch") is None:
            raise InputError(
                "method 'weights' needs PyTorch; install with: pip install 'masdesign[training]'"
            )
        prompt = plain_prompt()
        rows = chats(prompt, await lessons(await job.transcripts(), job))
        if len(rows) < LEAST_EXAMPLES:
            raise InputError(
                f"design {job.teacher.id} gave {len(rows)} right drafts on {len(job.train)} train items: "
                "too few to train on"
            )
        text = lines(rows)
        made_of = f"{job.runtime.models[''].model} {job.seed} {job.steps} {text}"
        folder = job.folder / f"{job.teacher.id}-{hashlib.sha256(made_of.encode()).hexdigest()[:8]}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "examples.jsonl").write_text(text, encoding="utf-8")
        if (folder / "manifest.json").exists():  # which is written last
            job.note("the copy was trained on the same before")
        else:
            job.note(f"training {await _train(job, start, folder)}")
        job.note(f"the trained copy is a model for every command: abacus:{folder}")
        how = f"trained on {len(rows)} right drafts of the design on {len(job.train)} train items"
        return [Draft(prompt, how, model=f"abacus:{folder}")]


def start_of(model: str) -> Path:
    """The folder of the weights that a copy starts from. Raises `InputError` for a model that is not abacus.

    >>> start_of("abacus").name
    'weights'
    """
    name, _, folder = model.partition(":")
    if name != "abacus":
        raise InputError(
            f"method 'weights' trains a copy of abacus, not of {model!r}; for another model take the "
            "method dataset, and train it with its own tools"
        )
    return folder_of(folder)


async def _train(job: Job, start: Path, folder: Path) -> str:
    """Runs the training process to its end; its last line. Where this is cancelled, the process is ended."""
    arguments = {
        "--examples": folder / "examples.jsonl", "--out": folder, "--start": start,
        "--steps": job.steps, "--seed": job.seed,
    }  # fmt: skip
    command = [sys.executable, "-m", "masdesign.training.fine_tune"]
    process = await asyncio.create_subprocess_exec(
        *command, *(str(word) for pair in arguments.items() for word in pair),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    last = ""
    try:
        async for raw in process.stderr:
            last = raw.decode("utf-8", "replace").strip() or last
            if match := _STEP.search(last):
                job.watch("training", int(match.group(1)), int(match.group(2)))
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise InputError(f"training ended with an error ({last}); see masdesign.training.fine_tune")
    return last
