"""The blank-model control: what a design scores when no model says anything."""

from collections.abc import Sequence
from dataclasses import replace

from masdesign.evaluation.evaluator import Where, evaluate, items_of
from masdesign.statistics.intervals import wilson
from masdesign.tasks import Task
from masdesign.types import Completion, Item, Request
from masdesign.workflow import Design, Runtime


class BlankLM:
    """A model that says nothing of its own: each completion is ``text``.

    A design that beats chance with it (the *blank-model control*) answers by code, not by the model.
    """

    def __init__(self, text: str = "", *, model: str = "blank", window: int = 1_000_000) -> None:
        self.text, self.model, self.window = text, model, window

    async def complete(self, request: Request) -> Completion:
        """The constant, at no cost."""
        return Completion(self.text)

    async def aclose(self) -> None:
        """Nothing to close."""


async def blank_control(
    design: Design, task: Task, where: Where, runtime: Runtime, *, items: Sequence[Item] | None = None
) -> float:
    """The score of the design when every completion is the same blank. No model but a judge is called.

    A design that is still right then does its work in code, and what it scores says nothing about
    the model (`answers_without_model`). ``items`` are those of ``where`` that are run; all by default.
    """
    blank = replace(runtime, models={name: BlankLM() for name in runtime.models}, embedding=None)
    return (await evaluate(design, task, where, blank, items=items)).score


def answers_without_model(score: float, task: Task, where: Where) -> bool:
    """Return whether a blank control's score is above chance by more than sampling error."""
    return is_above_chance(score, len(items_of(task, where)), task)


def is_above_chance(score: float, items: int, task: Task) -> bool:
    """Whether a score on ``items`` items is above the task's chance, beyond its interval."""
    return wilson(round(score * items), items).low > task.chance


def warning(score: float) -> str:
    """Say that a design's code answers, and not the model; ``score`` is its blank-model control."""
    return f"beware: with a blank model it still scores {score:.3f}: its code answers"
