"""A scripted model that errs as a real one does, another that writes designs, and the task for both."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

RIGHT_AT_ONCE, RIGHT_BY_STEPS, JUDGED_WELL = 0.2, 0.55, 0.85


def write_task(folder: Path) -> list[str]:
    """Write three files of sums; the arguments that name them."""
    for split, count in (("train", 5), ("val", 26), ("test", 10)):
        rows = [
            {"question": f"{split}: {i} + {i * 7 % 13} =", "target": str(i + i * 7 % 13)}
            for i in range(count)
        ]
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return ["val.jsonl", "--train=train.jsonl", "--val=val.jsonl", "--test=test.jsonl"]


def reply(request: Any) -> str:
    """Right or wrong by chance alone, the same for the same request."""
    prompt = request.messages[-1].content
    numbers = re.search(r": (\d+) \+ (\d+) =", prompt)
    right = int(numbers[1]) + int(numbers[2]) if numbers else 0
    draw = _uniform(prompt, request.temperature, request.sample, request.world)
    if "Check the solution" in prompt:
        truth = f"Answer: {right}\n" in prompt + "\n"
        return f"Verdict: {'right' if truth == (draw < JUDGED_WELL) else 'wrong'}"
    if "Choice:" in prompt:
        return "Choice: 1"
    good = draw < (RIGHT_AT_ONCE if "at once" in prompt else RIGHT_BY_STEPS)
    return f"Adding up.\nAnswer: {right if good else right + 1 + int(draw * 1000) % 5}"


def _uniform(*parts: object) -> float:
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def writes(request: Any) -> str:
    """A design a draw: most are right, some fail for good, some need a repair, some are ADAS's."""
    turn = sum(message.role == "assistant" for message in request.messages)
    shown = len(request.messages[1].content)
    kind = (shown // 7 + request.sample) % 8
    if kind == 0:
        return ["", "{", "I cannot.", "```\n```"][turn % 4]
    if kind == 1:
        return "```python\nasync def workflow(task):\n    return await vote_of_votes(task)\n```"
    if kind == 2 and turn < 4:
        return "async def workflow(task)\n    return await direct(task)"
    if kind == 3:
        code = "def forward(self, taskInfo):\\n    agent = LLMAgentBase(['thinking', 'answer'], 'S', "
        code += f"temperature=0.{1 + shown % 8})\\n"
        code += f"    return agent([taskInfo], 'Draw {shown}.{request.sample}.')[1]"
        return f'{{"thought": "as ADAS", "name": "dialect", "code": "{code}"}}'
    body = (
        f"drafts = await gather(*[chain_of_thought(task, temperature=0.{1 + kind}) for _ in range({kind})])"
    )
    return f"Thought: votes.\nName: {kind} drafts\n```python\nasync def workflow(task):\n    {body}\n" + (
        f"    return drafts[0] if agreement(drafts) > 0.{shown % 10} else majority(drafts)\n```"
    )
