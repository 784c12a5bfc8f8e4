"""A design as a `dspy.Module`: one named predictor a model call, the workflow still in the sandbox.

DSPy is imported here: import this module only where a program is made.
"""

import functools
from collections.abc import Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import dspy

from masdesign.building_blocks import blocks
from masdesign.building_blocks import blocks as shipped
from masdesign.building_blocks._step import labelled, solution
from masdesign.distill.bridge.host import Host
from masdesign.distill.bridge.sites import SHOWS_EXAMPLES, Site
from masdesign.errors import ProviderError
from masdesign.types import SCORED_FAILURES, Answer, Example, Question, Verdict
from masdesign.workflow import Block, Design, ItemOutcome, Node, Runtime, check, run_item


@dataclass(frozen=True, slots=True)
class Additions:
    """What a predictor has in addition to its design: a new instruction, and examples."""

    instruction: str | None
    examples: tuple[Example, ...] = ()


_additions: ContextVar[Mapping[str, Additions] | None] = ContextVar("additions", default=None)


class StepPredictor(dspy.Predict):  # type: ignore[misc]
    """The predictor of one site. It is not called itself: the workflow is, which asks in its words.

    Its instruction and its demonstrations are what DSPy's optimisers change.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(_signature(site))
        self.site = site

    def forward(self, **inputs: Any) -> dspy.Prediction:
        """Raises TypeError: a step runs within its design only."""
        raise TypeError(f"the step {self.site.name} runs within its design; call the program")

    def additions(self) -> Additions:
        """What differs from the design."""
        new = self.signature.instructions
        examples = tuple(_examples(self.demos)) if self.site.block in SHOWS_EXAMPLES else ()
        return Additions(new if new != self.site.instruction else None, examples)


class DesignProgram(dspy.Module):  # type: ignore[misc]
    """A design that DSPy can evaluate and compile. Made by `to_dspy`.

    **Contract.** ``program(question=…, context=…, choices=…)`` gives a prediction with ``answer`` and
    ``reasoning``; where the design itself failed, ``answer`` is empty and ``failure`` says why. A
    provider's failure is raised. Each model call of the item is in DSPy's trace, under the predictor of
    its place in the source.
    """

    def __init__(self, design: Design, source: str, sites: Sequence[Site], host: Host) -> None:
        super().__init__()
        self.design = design
        """What it was made from."""
        self.marked_source = source
        self.sites = tuple(sites)
        self.host = host
        for site in sites:
            setattr(self, site.name, StepPredictor(site))
        self._checked = check(source, self._blocks(shipped()))

    def forward(
        self, question: str, context: Sequence[str] = (), choices: Sequence[str] = (), **_: Any
    ) -> dspy.Prediction:
        """The design's answer to one question, from any thread."""
        posed = Question(question, tuple(context), tuple(choices))
        return self._prediction(self.host.run(lambda runtime: self._run(posed, runtime)))

    async def aforward(
        self, question: str, context: Sequence[str] = (), choices: Sequence[str] = (), **_: Any
    ) -> dspy.Prediction:
        """As `forward`, from async code."""
        posed = Question(question, tuple(context), tuple(choices))
        return self._prediction(await self.host.arun(lambda runtime: self._run(posed, runtime)))

    def additions(self) -> dict[str, Additions]:
        """By the names of sites, what differs from the design."""
        steps = {site.name: getattr(self, site.name).additions() for site in self.sites}
        return {name: t for name, t in steps.items() if t.instruction is not None or t.examples}

    async def _run(self, question: Question, runtime: Runtime) -> ItemOutcome:
        _additions.set(self.additions())  # in the context of this coroutine's own task
        blocks = self._blocks(runtime.blocks)
        outcome = await run_item(self._checked, question, replace(runtime, blocks=blocks))
        if outcome.failure is not None and outcome.failure.kind not in SCORED_FAILURES:
            raise ProviderError(outcome.failure.message)
        return outcome

    def _blocks(self, registered: Mapping[str, Block[..., Any]]) -> dict[str, Block[..., Any]]:
        return {**registered, **{site.name: _site_block(site, registered[site.block]) for site in self.sites}}

    def _prediction(self, outcome: ItemOutcome) -> dspy.Prediction:
        _record(self, outcome.trace.root)
        answer = outcome.answer or Answer("")
        why = "" if outcome.failure is None else outcome.failure.message
        return dspy.Prediction(answer=answer.text, reasoning=answer.reasoning or why, failure=why)


def _site_block(site: Site, block: Block[..., Any]) -> Block[..., Any]:
    """The block under its site's name, which asks as the site's predictor says."""

    @functools.wraps(block.function)
    async def asking(*args: Any, **kwargs: Any) -> Any:
        additions = (_additions.get() or {}).get(site.name)
        return await _asked(block, additions, args, dict(kwargs))

    return replace(block, name=site.name, function=asking)


def _asked(
    block: Block[..., Any], additions: Additions | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Coroutine[Any, Any, Any]:
    if additions is not None and additions.instruction is not None:
        if "instruction" in kwargs or next(iter(block.signature.parameters)) != "instruction":
            kwargs["instruction"] = additions.instruction
        else:
            args = (additions.instruction, *args[1:])
    if additions is not None and additions.examples:
        kwargs |= {
            "n": len(additions.examples),
            "questions": [example.question for example in additions.examples],
            "solutions": [Answer(example.answer, example.solution) for example in additions.examples],
        }
        block = shipped()["few_shot"]
    return block.function(*args, **kwargs)


def _record(program: DesignProgram, root: Node) -> None:
    """Writes the item's model calls into DSPy's trace, as its predictors do."""
    trace = dspy.settings.trace
    if trace is None:
        return
    steps = {site.name: getattr(program, site.name) for site in program.sites}
    for node in root.walk():
        step = steps.get(node.name) if node.kind == "block" else None
        if step is None or node.output is None:
            continue
        prediction = dspy.Prediction.from_completions([_outputs(step.site, node)], signature=step.signature)
        trace.append((step, _inputs(step.site, node), prediction))


def _inputs(site: Site, node: Node) -> dict[str, str]:
    """What went in, as text, by the fields of the signature."""
    given = [value for name, value in node.inputs if not name]
    named = dict(node.inputs)
    if site.block == "ask":
        return {"inputs": "\n\n".join(_shown(value) for value in given[1:])}
    values = given + [named[parameter] for parameter, _ in site.inputs[len(given) :] if parameter in named]
    return {field: _shown(value) for (_, field), value in zip(site.inputs, values, strict=False)}


def _outputs(site: Site, node: Node) -> dict[str, str]:
    if site.answers and isinstance(node.output, Answer):
        return {"reasoning": node.output.reasoning, "answer": node.output.text}
    return {"reply": _shown(node.output)}


def _shown(value: object) -> str:
    if isinstance(value, Question):
        return labelled(value)["text"]
    if isinstance(value, Answer):
        return solution(value)
    if isinstance(value, Verdict):
        return value.critique or ("right" if value.ok else "wrong")
    if isinstance(value, list | tuple):
        return "\n\n".join(_shown(v) for v in value)
    return str(value)


def _signature(site: Site) -> type[dspy.Signature]:
    """The site's fields; their descriptions bear its name, so that no two sites have equal signatures."""
    names = ("reasoning", "answer") if site.answers else ("reply",)
    fields: dict[str, Any] = {
        field: (str, dspy.InputField(desc=f"{field} of {site.name}")) for _, field in site.inputs
    }
    fields |= {name: (str, dspy.OutputField(desc=f"{name} of {site.name}")) for name in names}
    made: type[dspy.Signature] = dspy.make_signature(
        fields, instructions=site.instruction, signature_name=site.name
    )
    return made


def _examples(demos: Sequence[Any]) -> list[Example]:
    """Demonstrations as worked examples; those without a question or an answer are left out."""
    examples = []
    for demo in demos:
        question, answer = demo.get("question"), demo.get("answer")
        if question and answer:
            examples.append(Example(Question(str(question)), str(answer), str(demo.get("reasoning") or "")))
    return examples


class Teacher(DesignProgram):
    """Looks like the student (a design of one predictor); answers as the teacher does."""

    def __init__(self, student: DesignProgram, teacher: Design) -> None:
        super().__init__(student.design, student.marked_source, student.sites, student.host)
        self._teaching = check(teacher, blocks())

    async def _run(self, question: Question, runtime: Runtime) -> ItemOutcome:
        outcome = await run_item(self._teaching, question, runtime)
        if outcome.failure is not None and outcome.failure.kind not in SCORED_FAILURES:
            raise ProviderError(outcome.failure.message)
        return outcome

    def _prediction(self, outcome: ItemOutcome) -> dspy.Prediction:
        answer = outcome.answer or Answer("")
        fields: dict[str, Any] = {"reasoning": answer.reasoning, "answer": answer.text}
        if dspy.settings.trace is not None:
            step = getattr(self, self.sites[0].name)
            prediction = dspy.Prediction.from_completions([fields], signature=step.signature)
            dspy.settings.trace.append(
                (step, {"question": labelled(outcome.trace.question)["text"]}, prediction)
            )
        return dspy.Prediction(**fields)
