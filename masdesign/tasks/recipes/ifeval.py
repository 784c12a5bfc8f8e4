"""IFEval: instructions that can be checked. Zhou et al. 2023, arXiv:2311.07911."""

from masdesign.tasks.recipes import Recipe

ifeval = Recipe(
    name="ifeval",
    description="Follow instructions whose obedience a program can check.",
    licence="Apache-2.0",
    source="https://huggingface.co/datasets/google/IFEval (input_data.jsonl)",
    official="strict prompt-level accuracy over the 541 prompts; the parts hold the other three numbers",
    scorer="ifeval",
    form="text",
    columns={"id": "key", "question": "prompt"},
    files={"test": "ifeval/input_data.jsonl"},
    hub={"test": "google/IFEval:train"},
    keys=frozenset({"key", "prompt", "instruction_id_list", "kwargs"}),
)
