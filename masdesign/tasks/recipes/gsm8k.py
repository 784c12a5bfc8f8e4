"""GSM8K: grade-school word problems. Cobbe et al. 2021, arXiv:2110.14168."""

from masdesign.tasks.recipes import Recipe

gsm8k = Recipe(
    name="gsm8k",
    description="Solve a grade-school mathematics problem; the answer is a number.",
    licence="MIT",
    source="https://github.com/openai/grade-school-math",
    official="share of the 1,319 test questions whose final number is right",
    scorer="numeric",
    files={"test": "gsm8k/test.jsonl", "train": "gsm8k/train.jsonl"},
    hub={"train": "openai/gsm8k:main:train", "test": "openai/gsm8k:main:test"},
)
