"""A whole design in one reply, or in the turns of one conversation, as distillation asks for it."""

from functools import cache

from masdesign.building_blocks import blocks
from masdesign.building_blocks._prompt import render
from masdesign.distill import wording
from masdesign.distill.outline import outline
from masdesign.tasks.families import families
from masdesign.training import paths
from masdesign.training.case import Case, Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.training.solution import Part
from masdesign.types import Message

_SHARES = {"isolate": 0.35, "decompose": 0.15, "least_to_most": 0.2, "self_consistency": 0.3}


@cache
def request(design: str, n: int) -> str:
    """The request of a design, as distillation writes it."""
    source = f"async def workflow(task):\n    return await {design}(task, n={n})"
    return wording.composed(outline(source, blocks()))


@cache
def turns(design: str, n: int) -> tuple[str, ...]:
    """The requests of a design's turns."""
    source = f"async def workflow(task):\n    return await {design}(task, n={n})"
    return tuple(wording.turns(outline(source, blocks())))


def composite(draw: Draw) -> list[Exercise]:
    """One reply that holds the whole work."""
    rng = draw.rng
    design = rng.choices(list(_SHARES), weights=list(_SHARES.values()))[0]
    case = _case(draw, design)
    if design == "self_consistency":
        n = rng.choice((2, 3))
        reply = _votes(case, n)
    else:
        n = rng.choice((3, 4, 4, 5))
        reply = _by_parts(case, evidence=design == "isolate")
    messages = render("chain_of_thought", role=draw.role, task=case.question, instruction=request(design, n))
    return [Exercise("composite", messages, reply)]


def _case(draw: Draw, design: str) -> Case:
    names = ["ledger"] if design == "isolate" else ["arithmetic", "ledger", "object_counting"]
    name = draw.rng.choice(names)
    level = draw.rng.choice((0, 1)) if draw.easy else draw.rng.choice((1, 2))
    return Case(name, draw.item(lambda rng: families()[name].generate(rng, level)), draw.role, draw.rng)


def _steps(part: Part, case: Case) -> str:
    """The steps of a part's solution, without its answer line."""
    solution = paths.solve(part.family, part.item.record, case.rng)
    return "\n".join(step.text() for step in solution.steps)


def _evidence(part: Part) -> str:
    return " ".join(part.item.context)


def _merged(case: Case) -> str:
    answers = [part.item.target for part in case.parts()]
    return case.reply(paths.merge(case.family, case.item.record, answers, case.rng))


def _by_parts(case: Case, *, evidence: bool) -> str:
    lines = []
    for number, part in enumerate(case.parts(), 1):
        lines.append(f"Question {number}: {part.item.question}")
        if evidence:
            lines.append(f"Evidence {number}: {_evidence(part)}")
        lines += [_steps(part, case), f"Finding {number}: {part.item.target}"]
    return "\n".join([*(line for line in lines if line), _merged(case)])


def _votes(case: Case, n: int) -> str:
    lines = []
    for number in range(1, n + 1):
        steps, _, answer = case.reply().rpartition("\nAnswer: ")
        lines.append(f"Solution {number}:\n{steps}\nFinding {number}: {answer}")
    target = case.item.target
    return "\n".join([*lines, f"Decision: {target} is given most often", f"Answer: {target}"])


def dialogue(draw: Draw) -> list[Exercise]:
    """The turns of `isolate`, each of which is learnt."""
    case = _case(draw, "isolate")
    parts = case.parts()
    prompts = turns("isolate", draw.rng.choice((3, 4, 4, 5)))
    replies = (
        "\n".join(f"Question {n}: {part.item.question}" for n, part in enumerate(parts, 1)),
        "\n".join(f"Evidence {n}: {_evidence(part)}" for n, part in enumerate(parts, 1)),
        "\n".join(
            f"{_steps(part, case)}\nFinding {n}: {part.item.target}" for n, part in enumerate(parts, 1)
        ),
        _merged(case),
    )
    messages = list(render("conversation", role=draw.role, task=case.question, instruction=prompts[0]))
    for reply, request_text in zip(replies, prompts[1:], strict=False):
        messages += [Message("assistant", reply), Message("user", request_text)]
    return [Exercise("dialogue", tuple(messages), replies[len(prompts) - 1])]
