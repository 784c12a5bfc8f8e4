"""Sources of designs, written by hand, for ids, versions and archives. They never change."""

from __future__ import annotations

BY_HAND = [
    "async def workflow(task):\n    return await direct(task)",
    # formatting, comments and docstrings: the id of the first
    'async def workflow( task ):\n    "Ask once."\n    return await direct( task )  # at once\n',
    "async def workflow(t):\n    return await direct(t)\n",
    "async def workflow(task):\n    return await chain_of_thought(task, temperature=0.8)\n",
    "async def workflow(task):\n    return await self_consistency(task, n=9)\n",
    "async def workflow(task):\n"
    "    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
    "    return drafts[0] if agreement(drafts) > 0.5 else majority(drafts)\n",
    "async def workflow(task):\n"
    "    draft = await chain_of_thought(task)\n"
    "    verdict = await verify(task, draft)\n"
    "    return draft if verdict.ok else await revise(task, draft, verdict)\n",
    "async def workflow(task):\n    return await ask(f'Read {task.question!r:>{10}} {{twice}}', task)\n",
    "async def workflow(task):\n"
    "    return await ask('Réponds en français: \U0001f9ee', task, role='Poète')\n",
    "async def workflow(task):\n    return await ask('one ' 'two ' f'{1 + 1} ' 'three', task)\n",
    "async def workflow(task):\n    return await ask('a lone surrogate \\ud800', task)\n",
    "LIMIT = 0.5\n\n\ndef short(text: str) -> bool:\n"
    "    'Whether it is short.'\n    return len(text) < 1e2\n\n\n"
    "async def workflow(task):\n    while not short(task.question) and LIMIT:\n        break\n"
    "    x: int = -1\n    return await (direct if x else chain_of_thought)(task)\n",
    "async def workflow(task)\n    return await direct(task)",  # does not parse
    "",
    "def forward(self, taskInfo):\n"
    "    agent = LLMAgentBase(['thinking', 'answer'], 'Solver', temperature=0.5)\n"
    "    return agent([taskInfo], 'Think step by step.')[1]\n"
    "\n\nasync def workflow(task):\n    return await run_forward(forward, task, ask)\n",
]
"""Fifteen, well-formed and not."""
