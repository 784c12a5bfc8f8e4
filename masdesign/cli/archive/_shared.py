"""What commands of `masdesign archive` share: options, and which design, task and model are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.archive import Archive

RELATIVES = ("ancestors", "descendants")


def filters(function: Callable[..., Any]) -> Callable[..., Any]:
    task = click.option("--task", metavar="TASK", help="Only this task (a name, or a file's path).")
    model = click.option("--model", metavar="NAME", help="Only this model, with or without its revision.")
    return task(model(function))


def open_archive(place: str) -> Archive:
    from masdesign.archive import Archive

    return Archive(place)


def meant(store: Archive, ref: str, task: str | None = None, model: str | None = None) -> str:
    """The id of the design that is `best`, or that a promoted block is; else what was given."""
    from masdesign.session.resolve import resolve_design

    block = store.promoted().get(ref)
    if ref == "best" or block is not None:
        return block.version if block else resolve_design(ref, archive=store, task=task, model=model).id
    return ref


def task_of(store: Archive, task: str | None, model: str | None) -> tuple[str, str | None]:
    """The task and model that are meant: the given ones, else those of the latest run or evaluation."""
    from masdesign.archive.evaluations import model_fits

    if task is not None:
        return task, model
    ended = [run for run in store.runs() if run.finished is not None and not run.foreign]
    ended = [run for run in ended if model is None or model_fits(run.model, model)]
    if ended:
        latest = max(ended, key=lambda run: run.finished or 0.0)
        return latest.task, latest.model
    evaluated = store.summaries(split="val", model=model, complete=True, foreign=False)
    if not evaluated:
        by = f" with {model}" if model else ""
        raise InputError(f"nothing was evaluated in full{by} here yet; run masdesign search TASK")
    return evaluated[-1].task, model


def names_of(store: Archive, ids: list[str]) -> dict[str, str]:
    """The names of those designs that are in the archive, by id."""
    return {stored.design.id: stored.design.name for stored in store.all_stored(ids)}


def named(design_id: str, names: dict[str, str]) -> str:
    return f"{design_id}  {names[design_id]}" if design_id in names else f"{design_id}  (not in this archive)"
