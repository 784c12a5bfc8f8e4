"""The blank-model control: does the design's code answer, instead of the model?"""

from __future__ import annotations

from dataclasses import replace

from masdesign.evaluation.evaluator import evaluate
from masdesign.statistics.intervals import wilson
from masdesign.tasks import Task
from masdesign.types import Split
from masdesign.workflow import BlankLM, Design, Runtime


async def blank_control(design: Design, task: Task, split: Split, runtime: Runtime) -> float:
    """The score of the design when every completion is the same blank. No model is called.

    A design that is still right then does its work in code, and what it scores says nothing about
    the model (`answers_without_model`).
    """
    blank = replace(runtime, models={name: BlankLM() for name in runtime.models}, embedding=None)
    return (await evaluate(design, task, split, blank)).score


def answers_without_model(score: float, task: Task, split: Split) -> bool:
    """Whether a blank control's score is above chance, beyond what so many items leave open."""
    items = len(task.items(split))
    return wilson(round(score * items), items).low > task.chance
