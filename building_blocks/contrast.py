"""Write a lesson from what differs between solutions."""

from masdesign.building_blocks._lessons import Attempt, lesson_text, read_lesson
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow import block, running


@block(cost="1 call", reference="arXiv:2509.25140", calls=1, templates=("contrast",))
async def contrast(
    task: Question,
    answers: list[Answer],
    verdicts: list[Verdict] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> str:
    """Writes a lesson from what several solutions of a problem did differently.

    It helps where draws of one problem end differently: what the right ones share, and the wrong ones lack,
    is worth more than what any of them says (memory-aware test-time scaling). Without ``verdicts`` the
    model compares the solutions by itself. The lesson enters a memory as that of `reflect` does.
    It is two lines, ``When: …`` and ``Do: …``; empty where none could be read.

    Cost: 1 call.

    The item fails where there are fewer than two answers, or not as many verdicts as answers.

    Reference: Ouyang et al. 2025, ReasoningBank: Scaling Agent Self-Evolving with Reasoning Memory,
    arXiv:2509.25140 (MaTTS, parallel scaling with self-contrast).

    Example::

        async def workflow(task):
            answers = await gather(*[recall(task, temperature=0.8) for _ in range(3)])
            await contrast(task, answers)
            return majority(answers)
    """
    if len(answers) < 2 or (verdicts and len(verdicts) != len(answers)):
        raise running().failed(
            f"contrast: {len(answers)} answers and {len(verdicts or ())} verdicts",
            "give two answers or more, and one verdict an answer or none",
        )
    given: list[Verdict | None] = [*verdicts] if verdicts else [None] * len(answers)
    text = await reply(
        "contrast",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        attempts=[Attempt.judged(answer, verdict) for answer, verdict in zip(answers, given, strict=True)],
        target="",
        instruction=instruction,
    )
    return lesson_text(read_lesson(text))
