"""BIG-Bench Hard: 27 tasks. Suzgun et al. 2022, arXiv:2210.09261."""

from masdesign.tasks.recipes import Recipe

_CHOICE = (
    "date_understanding", "disambiguation_qa", "geometric_shapes", "hyperbaton",
    "logical_deduction_five_objects",
    "logical_deduction_seven_objects", "logical_deduction_three_objects", "movie_recommendation",
    "penguins_in_a_table", "reasoning_about_colored_objects", "ruin_names",
    "salient_translation_error_detection", "snarks", "temporal_sequences",
    "tracking_shuffled_objects_five_objects", "tracking_shuffled_objects_seven_objects",
    "tracking_shuffled_objects_three_objects",
)  # fmt: skip
_WORDS = {
    "boolean_expressions": "Answer with True or False.",
    "causal_judgement": "Answer with Yes or No.",
    "formal_fallacies": "Answer with valid or invalid.",
    "navigate": "Answer with Yes or No.",
    "sports_understanding": "Answer with yes or no.",
    "web_of_lies": "Answer with Yes or No.",
    "dyck_languages": "Answer with the closing brackets alone, separated by blanks.",
    "word_sorting": "Answer with the sorted words alone, separated by blanks.",
}
_NUMBERS = ("multistep_arithmetic_two", "object_counting")


def _recipe(task: str, scorer: str, instruction: str = "") -> Recipe:
    return Recipe(
        name=f"bbh_{task}",
        description=f"BIG-Bench Hard: {task.replace('_', ' ')}.",
        licence="MIT",
        source="https://github.com/suzgunmirac/BIG-Bench-Hard/tree/main/bbh",
        official="exact match over the task's items (250 of most); the mean over the 27 tasks",
        scorer=scorer,
        instruction=instruction,
        columns={"question": "input", "target": "target"},
        files={"test": f"bbh/{task}.json"},
        hub={"test": f"lukaemon/bbh:{task}:test"},
    )


bbh = (
    *(_recipe(task, "choice") for task in _CHOICE),
    *(_recipe(task, "exact", instruction) for task, instruction in _WORDS.items()),
    *(_recipe(task, "numeric") for task in _NUMBERS),
)
