"""A conductor calls on experts who know only what it tells them, then answers."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to 2 * rounds + 1 calls",
    reference="arXiv:2401.12954",
    calls=lambda rounds=2, **_: 2 * rounds + 1,
)
async def meta_prompting(
    task: Question,
    rounds: int = 2,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Has a conductor call on experts with fresh eyes, then answer.

    It helps a large model on problems whose parts need different skills: an expert sees the conductor's
    words and the passages, not the problem nor what others said, so it repeats no one's mistake. A
    model that writes poor requests gets poor experts.
    The conductor names the next expert and says what to do, as ``Expert: name: request``; it ends with
    any other reply, such as ``Expert: none``, or after the given rounds. Then it answers in sight of all that
    was found. ``role`` and ``temperature`` are the conductor's; the experts are at 0.

    Cost: 2 calls where no expert is called, 2 * rounds + 1 at most.

    The item fails where rounds is below 1.

    Reference: Suzgun and Kalai 2024, Meta-Prompting: Enhancing Language Models with Task-Agnostic
    Scaffolding, arXiv:2401.12954.

    Example::

        async def workflow(task):
            return await meta_prompting(task, rounds=3)
    """
    at_least_one("meta_prompting", rounds=rounds)
    reports: list[str] = []
    for _ in range(rounds):
        call = await ask(
            "Which expert is needed next, and for what? The expert does not see the problem: say all that "
            'is needed, as in "mathematician: What is 3 + 4?" Say "none" where nothing is needed.',
            task,
            *reports,
            role=role,
            output="expert",
            temperature=temperature,
            model=model,
        )
        name, _, request = call.text.partition(":")
        if not name.strip() or not request.strip():
            break
        report = await chain_of_thought(
            Question(request.strip(), task.context), role=f"You are a {name.strip()[:60]}.", model=model
        )
        reports.append(f"{request.strip()} {report.text or 'unknown'}")
    return await ask(
        instruction or "Solve the problem step by step, with what the experts found.",
        task,
        *reports,
        role=role,
        temperature=temperature,
        model=model,
    )
