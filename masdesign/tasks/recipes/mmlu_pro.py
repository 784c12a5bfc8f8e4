"""MMLU-Pro: up to ten options. Wang et al. 2024, arXiv:2406.01574."""

from masdesign.tasks.recipes import Recipe

mmlu_pro = Recipe(
    name="mmlu_pro",
    description="Answer an exam question with up to ten options.",
    licence="MIT",
    source="https://huggingface.co/datasets/TIGER-Lab/MMLU-Pro",
    official="share of right letters over all 12,032 test questions, mean over the questions",
    scorer="choice",
    form="choice",
    columns={"id": "question_id", "question": "question", "choices": "options", "target": "answer"},
    files={"test": "mmlu_pro/test.jsonl", "val": "mmlu_pro/validation.jsonl"},
    hub={"test": "TIGER-Lab/MMLU-Pro:test", "val": "TIGER-Lab/MMLU-Pro:validation"},
    keys=frozenset({"question_id", "question", "options", "answer", "category"}),
)
