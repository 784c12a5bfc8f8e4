"""What tasks there are, one card each."""

from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.families import families
from masdesign.tasks.generated import SIZES
from masdesign.tasks.recipes import RECIPES, Recipe, recipe_named
from masdesign.tasks.scorers import form_of, scorer_named
from masdesign.tasks.task import Task
from masdesign.types import Item


def task_names() -> list[dict[str, Any]]:
    """A card for every task that has a name; the numbers are the default sizes of generated splits."""
    return [*_families(), *(_benchmark(recipe) for recipe in RECIPES.all().values())]


def benchmark_card(name: str) -> dict[str, Any] | None:
    """What there is to know of a benchmark, whether its file is at hand or not; ``None`` for other names."""
    recipe = recipe_named(name)
    if recipe is None:
        return None
    places = {name: dict(getattr(recipe, name)) for name in ("columns", "files", "hub")}
    words = {"instruction": recipe.instruction, "labels": list(recipe.labels)}
    return {**_benchmark(recipe), **words, **places, "source": recipe.source}


def _benchmark(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "description": recipe.description,
        "metric": recipe.scorer,
        "scorer": recipe.scorer,
        "answer": recipe.form or form_of(scorer_named(recipe.scorer)) or "line",
        "chance": None,
        "licence": recipe.licence,
        "official": recipe.official,
    }


def _families() -> list[dict[str, Any]]:
    return [
        {
            "name": family.name,
            "description": family.description,
            "metric": family.metric,
            "chance": family.chance,
            "difficulty": family.default_difficulty,
            "version": str(family.version),
            **{str(split): size for split, size in SIZES.items()},
        }
        for family in families().values()
    ]


def card(task: Task, *, examples: int = 2) -> dict[str, Any]:
    """All about one task, with examples from train (from nowhere else)."""
    return {
        "name": task.name,
        "version": task.version,
        "description": task.description,
        "metric": task.scorer.name,
        "scorer": task.scorer.name,
        "answer": task.form.name,
        "instruction": task.instruction,
        "labels": list(task.labels),
        "chance": task.chance,
        "tools": sorted(task.tools),
        **{split: task.size(split) for split in SIZES},
        "duplicates": task.duplicates,
        "notes": list(task.notes),
        "examples": [_example(item) for item in task.train[:examples]],
    }


def _example(item: Item) -> dict[str, Any]:
    several = {"targets": list(item.targets)} if len(item.targets) > 1 else {}
    shown = {"context": list(item.context), "choices": list(item.choices)}
    return {"question": item.question, "target": item.target, **several, **shown}


def name_of(name_or_path: str) -> str:
    """The name that a task has in the archive: the family's, or of a file its last part.

    >>> name_of("arithmetic"), name_of("data/bbh/navigate.json")
    ('arithmetic', 'navigate.json')
    """
    if not name_or_path.strip():
        raise InputError("the task's name is empty; see masdesign tasks")
    return name_or_path.replace("\\", "/").rstrip("/").rpartition("/")[2]
