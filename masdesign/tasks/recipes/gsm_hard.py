"""GSM-Hard: GSM8K with large numbers. Gao et al. 2022, arXiv:2211.10435."""

from masdesign.tasks.recipes import Recipe

gsm_hard = Recipe(
    name="gsm_hard",
    description="Solve a word problem with large numbers; the answer is a number.",
    licence="MIT",
    source="https://huggingface.co/datasets/reasoning-machines/gsm-hard",
    official="share of the 1,319 questions whose number is right, to within 0.001 of its size",
    scorer="numeric:0.001",
    columns={"question": "input", "target": "target", "solution": "code"},
    files={"test": "gsm_hard/gsmhardv2.jsonl"},
    hub={"test": "reasoning-machines/gsm-hard:train"},
    keys=frozenset({"input", "code", "target"}),
)
