"""One model plays several people, whom it picks for the problem, and works with them."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.revise import revise
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(
    cost="up to 7 calls by default",
    reference="arXiv:2307.05300",
    calls=lambda n=2, rounds=1, **_: n + 2 + rounds * (n + 1),
)
async def solo_performance(
    task: Question,
    n: int = 2,
    rounds: int = 1,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Plays several people: their advice, a draft, their objections.

    It helps a large model on problems that need knowledge of several fields; the paper saw no gain in
    weaker ones, which play no persona well. Each of the people judges every draft; the rounds end once
    none objects.
    The paper has one reply play all the parts; here each turn is a call, so that prompts stay short.
    Where no names can be read there are an expert and a critic. A revision without an answer is dropped.
    ``role`` and ``temperature`` are those of the one who leads: the draft and its revisions.

    Cost: 2 * n + 2 calls where nobody objects, n + 2 + rounds * (n + 1) at most.

    The item fails where n or rounds is below 1.

    Reference: Wang et al. 2023, Unleashing the Emergent Cognitive Synergy in Large Language Models: A
    Task-Solving Agent through Multi-Persona Self-Collaboration, arXiv:2307.05300.

    Example::

        async def workflow(task):
            return await solo_performance(task, n=3)
    """
    at_least_one("solo_performance", n=n, rounds=rounds)
    named = await ask(
        f"Do not solve the problem. Name {n} kinds of people who could help, with commas between.",
        task,
        output="people",
        model=model,
    )
    people = [name.strip()[:60] for name in named.text.split(",") if name.strip()][:n]
    people = people or ["an expert", "a critic"][:n]

    async def advise(name: str) -> str:
        advice = await ask(
            "Do not solve the problem. Say in one sentence what to mind in it.",
            task,
            role=f"You are {name}.",
            output="advice",
            model=model,
        )
        return f"{name}: {advice.text}"

    advice = await gather(*[advise(name) for name in people])
    draft = await ask(
        instruction or "Solve the problem step by step, with the help of these notes.",
        task,
        *advice,
        role=role,
        temperature=temperature,
        model=model,
    )
    for _ in range(rounds):
        verdicts = await gather(
            *[verify(task, draft, role=f"You are {name}.", model=model) for name in people]
        )
        objections = [
            f"{name}: {verdict.critique}"
            for name, verdict in zip(people, verdicts)  # noqa: B905  (the sandbox's zip has no strict)
            if not verdict.ok
        ]
        if not objections:
            break
        revised = await revise(
            task, draft, "\n".join(objections), role=role, temperature=temperature, model=model
        )
        draft = revised if revised.text else draft
    return draft
