"""The known workflows that answer the whole question, and which of them are independent of each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from masdesign.building_blocks.fingerprint import templates
from masdesign.lm import Repertoire
from masdesign.search.models import other_models, repertoires
from masdesign.workflow import Design, Runtime

WHOLE = "whole"
"""Group of the workflows that draw their drafts from the same prompt by the default model."""


@dataclass(frozen=True, slots=True)
class Known:
    """A known workflow, with the group that it counts in.

    Workflows of one group share drafts or prompts, so their errors are correlated: a group has one vote.
    """

    design: Design
    group: str = WHOLE
    draws: int = 1
    """Different solutions of one question that it asks a model for."""


def known_workflows(runtime: Runtime) -> list[Known]:
    """Return the known workflows that the run's models and tools can play."""
    workflows = [
        _known("step by step", "chain_of_thought(task)"),
        _known("vote of 5", "self_consistency(task, n=5)", draws=5),
        _known("revised", "self_refine(task, rounds=2)", draws=2),
        _known("debate of 3", "debate(task, n=3)", draws=6),
    ]
    for name in other_models(runtime.models):
        call = f"self_consistency(task, n=3, model={json.dumps(name)})"
        workflows.append(_known(f"vote of 3 on {name}", call, group=f"whole on {name}", draws=3))
    if "python" in runtime.tools:
        workflows.append(_known("program", "write_program(task)", group="program"))
    return [known for known in workflows if _playable(known, repertoires(runtime.models))]


def guesses(runtime: Runtime) -> list[Known]:
    """Return what is asked where no workflow gave a readable answer: a guess."""
    guess = _known("at once", "direct(task)")
    return [guess] if _playable(guess, repertoires(runtime.models)) else []


def of_passages(runtime: Runtime) -> list[Known]:
    """Return what answers each part of a question from its own passages."""
    known = [
        _known("each part alone", "isolate(task, n=4)"),
        _known("search by search", "iterative_retrieval(task, n=3)"),
    ]
    return [workflow for workflow in known if _playable(workflow, repertoires(runtime.models))]


def _known(name: str, call: str, *, group: str = WHOLE, draws: int = 1) -> Known:
    source = f"async def workflow(task):\n    return await {call}\n"
    return Known(Design(source, name, origin="solve"), group, draws)


def _playable(known: Known, limited: Mapping[str, Repertoire]) -> bool:
    """Whether every model that answers some prompts only can answer those of the workflow."""
    asked = {name for name in templates(known.design.source) if not name.startswith("_")}
    return all(asked <= model.templates and known.draws <= model.draws for model in limited.values())
