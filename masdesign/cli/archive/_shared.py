"""What commands of `masdesign archive` share: options, and which design, task and model are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

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


def names_of(store: Archive, ids: list[str]) -> dict[str, str]:
    """The names of those designs that are in the archive, by id."""
    return {stored.design.id: stored.design.name for stored in store.all_stored(ids)}


def named(design_id: str, names: dict[str, str]) -> str:
    return f"{design_id}  {names[design_id]}" if design_id in names else f"{design_id}  (not in this archive)"
