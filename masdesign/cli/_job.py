"""What a command that answers the items of TASK takes, and what its verb is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from masdesign.cli._models import chosen_models, model_options
from masdesign.cli._options import archive_option, json_option, together
from masdesign.cli._task import task_options
from masdesign.cli._watch import items_progress

job_options = together(archive_option, model_options, task_options, json_option)
"""What a command takes that answers the items of TASK."""


def job_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take all that a job's verb is given besides its task out of a command's keyword arguments."""
    models, seed = chosen_models(given), given.pop("seed")
    return {"model": models, "seed": seed, "showing": items_progress, **resources(given)}


def resources(given: dict[str, Any]) -> dict[str, Any]:
    """Take what a session is opened with out of a command's keyword arguments."""
    place = given.pop("archive")
    settings = {"archive": place, "cache": cache_path(place), "concurrency": given.pop("concurrency")}
    settings["keep_going"] = given.pop("keep_going", False)
    return settings | {name: given.pop(name) for name in ("executor", "memory") if name in given}


def cache_path(archive: str) -> Path | str:
    """Where recorded calls lie: beside a file archive, else in the working folder."""
    from masdesign.archive.calls import calls_beside

    return calls_beside(archive) or Path("calls.db")
