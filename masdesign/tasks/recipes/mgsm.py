"""MGSM: 250 questions of GSM8K in ten further languages. Shi et al. 2022, arXiv:2210.03057."""

from masdesign.tasks.recipes import Recipe
from masdesign.types import Split

LANGUAGES = ("bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh")


def _recipe(name: str, language: str, test: str) -> Recipe:
    files: dict[Split, str] = {"test": test}
    return Recipe(
        name=name,
        description=f"Solve a grade-school mathematics problem ({language}); the answer is a number.",
        licence="CC BY-SA 4.0",
        source="https://github.com/google-research/url-nlp/tree/main/mgsm",
        official="share of a language's 250 questions whose number is right; often the mean of all",
        scorer="numeric",
        columns={"question": "1", "target": "2"},
        files=files,
    )


mgsm = (
    _recipe("mgsm", "all files of the folder", "mgsm"),
    *(_recipe(f"mgsm_{language}", language, f"mgsm/mgsm_{language}.tsv") for language in LANGUAGES),
)
