"""Making a task of rows: items by split, scorer, answer form, and notes for the user."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import AnswerForm, Scorer
from masdesign.tasks.formats import Record, items_of
from masdesign.tasks.forms import form_named, takes_lists
from masdesign.tasks.items import StoredItems, settled
from masdesign.tasks.notes import item_notes
from masdesign.tasks.readers.csv import Header
from masdesign.tasks.recipes import Recipe, prepared, recognised
from masdesign.tasks.scorers import form_of, infer_scorer, scorer_named
from masdesign.tasks.scorers.match import Match
from masdesign.tasks.split import split_items, with_distinct_ids, without_duplicates
from masdesign.tasks.task import SPLITS, Task, asked_version, chance_of
from masdesign.types import Asking, Item, Split

Parts = Mapping[Split, Sequence[Item]]
ScorerLike = str | Scorer | Callable[..., Any]


@dataclass(frozen=True)
class Wishes:
    """What the user says of a task, beside where its rows are."""

    scorer: ScorerLike | None = None
    answer: AnswerForm | str | None = None
    instruction: str | None = None
    labels: tuple[str, ...] = ()
    description: str | None = None
    columns: Mapping[str, str] | None = None
    tools: frozenset[str] = frozenset()
    keep_all: bool = False
    limits: Mapping[Split, int | None] = field(default_factory=dict)


Source = Callable[[], Iterable[Record]]


def task_of_rows(
    name: str, sources: Mapping[Split, Source], own: Source | None, wishes: Wishes, recipe: Recipe | None
) -> Task:
    """A task of rows.

    Parameters:
        sources: the rows of splits that have a source of their own.
        own: rows that are cut into the splits that have none; without them, those are cut from train, or
            else from val.
        recipe: the benchmark that the rows are, if any; otherwise known by their columns.
    """
    notes: list[str] = []
    if recipe is None and wishes.columns is None:
        recipe = _find_layout(next(iter(sources.values()), own) if own is None else own, notes)
    read = partial(_read, recipe=recipe, wishes=wishes, name=name)
    given = {split: read(source) for split, source in sources.items()}
    rest = read(own) if own is not None else StoredItems.of(())
    parts = _split(given, rest, cut=own is not None)
    if wishes.keep_all or (recipe is not None and recipe.keys):
        unique, duplicates = {split: with_distinct_ids(parts.get(split, ())) for split in SPLITS}, 0
    else:
        unique, duplicates = without_duplicates(parts)
    for split in ("val", "test"):
        if not len(unique[split]):
            count = len(rest) + sum(map(len, given.values()))
            raise InputError(
                f"{name}: no item is left for {split} ({count} read, {duplicates} duplicates removed); "
                f"give more items, or a file of its own for {split}"
            )
    held = {split: settled(items) for split, items in unique.items()}
    return _assemble(name, held, duplicates, wishes, recipe, notes)


def _find_layout(source: Source | None, notes: list[str]) -> Recipe | None:
    rows = source() if source is not None else ()
    first = next((row for row in rows if not isinstance(row.fields, Header)), None)
    if first is None or _is_plain(first.fields):
        return None
    recipes = recognised(first.fields)
    if len(recipes) > 1:
        names = ", ".join(recipe.name for recipe in recipes)
        raise InputError(f"{first.where}: the columns are those of {names}; give one of these as the task")
    for recipe in recipes:
        notes.append(f"the columns are those of the benchmark {recipe.name}, and are read as such")
        notes += [recipe.note] if recipe.note else []
        return recipe
    return None


def _is_plain(fields: Mapping[str, Any]) -> bool:
    return "question" in fields and ("target" in fields or "targets" in fields)


def _read(source: Source, *, recipe: Recipe | None, wishes: Wishes, name: str) -> StoredItems:
    rows, columns = source(), wishes.columns
    if recipe is not None:
        rows = prepared(recipe, rows)
        own = {name: path for name, path in recipe.columns.items() if name != "rows"}
        columns = own if columns is None else columns
    scorer = _choose_scorer(wishes, recipe)
    needs_target = getattr(scorer, "needs_target", True)
    repeats = wishes.keep_all or (recipe is not None and bool(recipe.keys))
    own_form = recipe.form if recipe is not None else ""
    form = form_named(wishes.answer or own_form or (scorer is not None and form_of(scorer)) or "line")
    return items_of(rows, columns, targets=needs_target, repeats=repeats, whole=takes_lists(form), name=name)


def _choose_scorer(wishes: Wishes, recipe: Recipe | None) -> Scorer | None:
    wished = wishes.scorer if wishes.scorer is not None else recipe.scorer if recipe is not None else None
    return scorer_named(wished) if wished is not None else None


def _split(given: Mapping[Split, StoredItems], rest: StoredItems, *, cut: bool) -> dict[Split, StoredItems]:
    missing = [split for split in SPLITS if split not in given]
    parts = split_items(rest, missing) if cut and missing else {}
    for split, items in given.items():
        parts |= split_items(items, (split,))
    if missing and not cut:
        donor: Split = "train" if "train" in given else "val" if "val" in given else "test"
        parts |= split_items(given[donor], [*missing, donor])
    return parts


def _assemble(
    name: str, unique: Parts, duplicates: int, wishes: Wishes, recipe: Recipe | None, notes: list[str]
) -> Task:
    scorer = _choose_scorer(wishes, recipe) or infer_scorer(chain(unique["train"], unique["val"]), name)
    asking, form = _asking(scorer, wishes, recipe)
    if isinstance(scorer, Match):
        scorer = scorer.for_form(form.name)
        _check_labels(name, chain.from_iterable(unique.values()), asking.labels, form)
    usual = "number" if form_of(scorer) == "number" else "line"
    taken = {split: settled(unique[split][: wishes.limits.get(split)]) for split in SPLITS}
    if duplicates:
        notes.append(f"{duplicates} duplicate question(s) removed, so that each is in one split once")
    notes += item_notes(unique)
    for split, count in wishes.limits.items():
        if count is not None and len(taken[split]) < count:
            notes.append(f"{split} has {len(taken[split])} items, fewer than the {count} asked for")
    description = wishes.description or (recipe.description if recipe is not None else "")
    return Task(
        name=name,
        version=asked_version(version_of(unique, scorer, wishes.tools), asking, usual),
        description=description,
        scorer=scorer,
        make=taken.__getitem__,
        tools=wishes.tools,
        chance=chance_of(chain(unique["train"], unique["val"])),
        duplicates=duplicates,
        notes=tuple(notes),
        instruction=asking.instruction,
        labels=asking.labels,
        form=form,
        environment=recipe.environment if recipe is not None else None,
    )


def _check_labels(name: str, items: Iterable[Item], labels: tuple[str, ...], form: AnswerForm) -> None:
    """Raise where none of an item's right answers is a label: nothing that a model says would be right."""
    if not labels or form.name != "label":
        return
    counts = Counter(item.targets for item in items if item.targets)
    strange = {
        targets: count
        for targets, count in counts.items()
        if not any(form.equal(target, label) for target in targets for label in labels)
    }
    if strange:
        raise InputError(
            f"{name}: the target {next(iter(strange))[0]!r} is none of the labels {', '.join(labels)} "
            f"({sum(strange.values())} items have such a target); correct the labels or the targets"
        )


def _asking(scorer: Scorer, wishes: Wishes, recipe: Recipe | None) -> tuple[Asking, AnswerForm]:
    """How the questions are asked: as the user says, as the benchmark does, as the scorer needs, plainly."""
    answer: AnswerForm | str = wishes.answer or (recipe.form if recipe is not None else "")
    if not answer:
        answer = "label" if wishes.labels else form_of(scorer) or "line"
    instruction = wishes.instruction
    if instruction is None:
        instruction = recipe.instruction if recipe is not None else ""
    form = form_named(answer)
    labels = wishes.labels or (recipe.labels if recipe is not None else ())
    return Asking(instruction, labels, form.name), form


def version_of(parts: Parts, scorer: Scorer, tools: frozenset[str]) -> str:
    """12 hex digits over all that a score depends on: the items by split, the scorer, the tools."""
    reads_record = not isinstance(scorer, Match)
    digest = hashlib.sha256(b"[{")
    for place, split in enumerate(SPLITS):
        digest.update(f'{", " if place else ""}"{split}": ['.encode())
        for number, item in enumerate(parts[split]):
            digest.update(
                (", " if number else "").encode() + json.dumps(_content(item, reads_record)).encode()
            )
        digest.update(b"]")
    digest.update(f"}}, {json.dumps(scorer.name)}, {json.dumps(sorted(tools))}]".encode())
    return digest.hexdigest()[:12]


def _content(item: Item, reads_record: bool) -> list[Any]:
    target: Any = item.target if len(item.targets) == 1 else list(item.targets)
    content = [item.question, target, item.context, item.choices]
    if reads_record and item.record:
        content.append(json.dumps(item.record, sort_keys=True, default=str))
    return content
