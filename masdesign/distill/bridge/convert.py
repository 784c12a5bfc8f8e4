"""`to_dspy` and `from_dspy`: a design as a DSPy program, and what DSPy made of it as a new design."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from masdesign.building_blocks import blocks
from masdesign.distill.bridge.host import Host
from masdesign.distill.bridge.inline import inlined
from masdesign.distill.bridge.sites import marked, told
from masdesign.errors import InputError
from masdesign.workflow import Design, check

if TYPE_CHECKING:
    from masdesign.distill.bridge.program import DesignProgram

ORIGIN = "dspy"


def to_dspy(
    design: Design,
    *,
    model: str | Mapping[str, str] = "abacus",
    tools: Iterable[str] = (),
    cache: Path | str | None = None,
    concurrency: int = 64,
    host: Host | None = None,
) -> DesignProgram:
    """The design as a `dspy.Module` that DSPy's `Evaluate`, GEPA and MIPROv2 can run and compile.

    Composite blocks are written out as far as they are made of other blocks, so that each of their
    requests is a predictor of its own. The workflow runs in the sandbox, its model is ours.

    Parameters:
        model: what answers; a table gives models by the names that designs ask for, ``""`` the default.
        tools: what the design may use (``python``).
        cache: a file of recorded calls; by default replies are remembered while the program lives.
        host: a runtime that is open already; then the other parameters do not count.

    Raises:
        SourceError: the design is not well-formed.
        InputError: it has no instruction that could be improved.

    Example::

        program = to_dspy(found.best)
        better = dspy.GEPA(metric=metric, reflection_lm=…, max_metric_calls=200).compile(
            program, trainset=train, valset=train)
        design = from_dspy(better)
    """
    from masdesign.distill.bridge.program import DesignProgram

    registered = blocks()
    check(design, registered)
    source, sites = marked(inlined(design.source, registered), registered)
    if host is None:
        options = {"models": model, "tools": tuple(tools), "cache": cache, "concurrency": concurrency}
        host = Host.of_its_own(options)
    return DesignProgram(design, source, sites, host)


def from_dspy(program: DesignProgram, *, name: str = "") -> Design:
    """The design that a compiled program is: the old one with new instructions and demonstrations.

    Its parent is the design that `to_dspy` was given. Where nothing has changed, that design itself.

    Raises:
        InputError: it is no program of `to_dspy`, or what was compiled is no design (it nests too deeply,
            or is too long).
    """
    from masdesign.distill.bridge.program import DesignProgram

    if not isinstance(program, DesignProgram):
        raise InputError(f"from_dspy takes what to_dspy gave, not a {type(program).__name__}")
    changes = program.told()
    if not changes:
        return program.design
    instructions = {site: t.instruction for site, t in changes.items() if t.instruction is not None}
    examples = {site: t.examples for site, t in changes.items() if t.examples}
    source = told(program.marked_source, program.sites, instructions, examples)
    check(source, blocks())
    parent = program.design
    return Design(
        source,
        name=name or f"{parent.name or parent.id} compiled by DSPy",
        thought="new instructions: " + ", ".join(sorted(changes)),
        parents=(parent.id,),
        origin=ORIGIN,
    )
