"""`load_task`: a task by its name, from files or places, from rows at hand, or from the user's function."""

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypedDict, Unpack

from masdesign.environments.parse import ToolLike, parse_tools
from masdesign.errors import InputError, MasdesignError
from masdesign.options import with_defaults
from masdesign.protocols import AnswerForm
from masdesign.tasks.acting import TAU_AIRLINE, tau_airline, with_environment
from masdesign.tasks.families import Family, families
from masdesign.tasks.forms import form_named
from masdesign.tasks.from_rows import ScorerLike, Source, Wishes, task_of_rows
from masdesign.tasks.generated import generated_task
from masdesign.tasks.readers import is_frame, is_source, read_records, records_of
from masdesign.tasks.readers.folder import split_files
from masdesign.tasks.reasoning_gym import PREFIX, gym_rows
from masdesign.tasks.recipes import RECIPES, Recipe, recipe_named, sources_of
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.user import load_function
from masdesign.tasks.task import SPLITS, Task, asked_version
from masdesign.types import Asking, Item, Split

_CUT = (
    "train, val and test are cut from the benchmark's own test questions (20/30/50 by a hash of "
    "the question), so a score on any of them is not one on the official test set"
)


class TaskOptions(TypedDict, total=False):
    """Further options of `load_task`."""

    train: Any
    """Rows of the split of that name, in place of the source's; likewise ``val`` and ``test``."""
    val: Any
    test: Any
    columns: Mapping[str, str] | None
    """Where our names stand in a row, as in ``{"question": "prompt"}`` (`masdesign.tasks.columns`)."""
    instruction: str | None
    """What every prompt says is to be done."""
    labels: str | Iterable[str]
    """The answers that there are."""
    description: str | None
    """One line on the task."""
    keep_all: bool
    """Keep duplicates, and questions with different targets."""
    mcp: str | Iterable[str]
    """MCP servers, each ``NAME=COMMAND`` or ``NAME=URL``."""
    corpus: str | Path | Iterable[str | Path]
    """Files or folders of documents, to be searched and read."""
    metric: ScorerLike | None
    """Older name of ``scorer``."""


def load_task(
    source: Any,
    *,
    items: int | None = None,
    test_items: int | None = None,
    scorer: ScorerLike | None = None,
    answer: AnswerForm | str | None = None,
    tools: str | Iterable[ToolLike] = (),
    difficulty: int | None = None,
    **options: Unpack[TaskOptions],
) -> Task:
    """Load a task: a generated one, a benchmark, a file, or rows at hand.

    Rows are split 20/30/50 into train, val and test by a hash of the question, unless their files are named
    for splits; ``train``, ``val``, ``test`` take the place of a split, and the source's own rows then go to
    the others.

    Parameters:
        source: the name of a generated task or of a benchmark (`masdesign.tasks.recipes`); a file, a
            folder or ``hf:OWNER/NAME``; ``module:function``, which gives a Task or rows; rows at hand:
            mappings, items, a DataFrame; or a Task.
        items, test_items: how many items of val and of test; default all, of generated tasks 200 and 400.
        scorer: a name, a function, or a scorer (`scorer_named`); inferred where that is certain.
        answer: the answer form; by default the benchmark's, the scorer's, or an answer on one line.
        tools: what designs may use: ``python``, ``calculator``, ``retrieval``; ``FILE.py:function``;
            functions with typed hints, environments (`parse_tools`); none by default.
        difficulty: of a generated task; each family has its default, 1 is the public benchmark's.
        options: see `TaskOptions`.

    Raises:
        InputError: no such task, a row that is no item, or an option that does not fit; one line.

    >>> task = load_task("arithmetic", items=20)
    >>> len(task.val), task.metric.name
    (20, 'numeric')
    >>> load_task([{"question": f"{n} + 1?", "target": n + 1} for n in range(20)]).scorer.name
    'numeric'
    """
    more = with_defaults(
        "load_task", options, train=None, val=None, test=None, columns=None, instruction=None, labels=(),
        description=None, keep_all=False, mcp=(), corpus=(), metric=None,
    )  # fmt: skip
    wished = scorer if scorer is not None else more.metric
    _check_count("items", items)
    _check_count("test-items", test_items)
    given = parse_tools(tools, mcp=_several(more.mcp), corpus=_several(more.corpus))
    wishes = Wishes(
        scorer=scorer_named(wished) if wished is not None else None,
        answer=answer,
        labels=tuple(more.labels.split(",") if isinstance(more.labels, str) else more.labels),
        tools=given.built_in,
        limits={"val": items, "test": test_items},
        **{name: getattr(more, name) for name in ("instruction", "description", "columns", "keep_all")},
    )
    files = {split: file for split in SPLITS if (file := getattr(more, split)) is not None}
    return with_environment(_meant(source, files, wishes, difficulty), given.environment)


def _meant(source: Any, files: Mapping[Split, Any], wishes: Wishes, difficulty: int | None) -> Task:
    if isinstance(source, (str, Path)) and (family := families().get(str(source))) is not None:
        if files or wishes.columns:
            raise InputError(
                f"{family.name} is generated; files of splits and columns are for data of one's own"
            )
        return _generate(family, difficulty, wishes)
    if difficulty is not None:
        raise InputError(f"{source} is not generated, so it has no difficulty; leave the difficulty out")
    if isinstance(source, (str, Path)):
        return _load_named(str(source), files, wishes)
    return _at_hand("items", source, files, wishes)


def _generate(family: Family, difficulty: int | None, wishes: Wishes) -> Task:
    sizes = {split: count for split, count in wishes.limits.items() if count is not None}
    scorer = scorer_named(wishes.scorer) if wishes.scorer is not None else None
    task = generated_task(family, sizes=sizes, difficulty=difficulty, scorer=scorer, tools=wishes.tools)
    if wishes.description is not None:
        task = replace(task, description=wishes.description)
    return _asked(task, wishes)


def _asked(task: Task, wishes: Wishes) -> Task:
    """The task asked as the user wants: another instruction, labels or answer form."""
    if wishes.instruction is None and wishes.answer is None and not wishes.labels:
        return task
    form = task.form if wishes.answer is None else form_named(wishes.answer)
    asking = Asking(wishes.instruction or task.instruction, wishes.labels or task.labels, form.name)
    version = asked_version(task.version, asking)
    return replace(task, instruction=asking.instruction, labels=asking.labels, form=form, version=version)


def _load_named(source: str, files: Mapping[Split, Any], wishes: Wishes) -> Task:
    """A task of a benchmark's name, of a user's function, or of files."""
    if source == TAU_AIRLINE:
        return tau_airline().first(val=wishes.limits.get("val"), test=wishes.limits.get("test"))
    if (recipe := recipe_named(source)) is not None:
        return _benchmark(recipe, files, wishes)
    if source.startswith(PREFIX):
        own_rule = wishes if wishes.scorer is not None else replace(wishes, scorer=source)
        return _at_hand(source, gym_rows(source.removeprefix(PREFIX)), files, own_rule, source)
    if _names_function(source):
        return _at_hand(source, _call(load_function(source, "task"), source), files, wishes)
    if not is_source(source):
        raise InputError(_unknown(source))
    own: Source = partial(read_records, source)
    given = {split: _source(file) for split, file in files.items()}
    if Path(source).is_dir() and not given and (named := split_files(Path(source))):
        given = {split: _source(path) for split, path in named.items()}
        task = task_of_rows(Path(source).name, given, None, wishes, None)
        whole = ", ".join(f"{split} is all of {path.name}" for split, path in named.items())
        return replace(task, notes=(f"the folder's own splits are kept: {whole}", *task.notes))
    name = source.removeprefix("hf:").replace(":", "/") if source.startswith("hf:") else Path(source).name
    task = task_of_rows(name, given, None if len(given) == len(SPLITS) else own, wishes, None)
    if len(files) < len(SPLITS):
        return task
    note = f"every split has a file of its own, so the items of {name} are not used"
    return replace(task, notes=(*task.notes, note))


def _benchmark(recipe: Recipe, files: Mapping[Split, Any], wishes: Wishes) -> Task:
    places: dict[Split, Any] = dict(sources_of(recipe)) if len(files) < len(SPLITS) else {}
    cut = len(places) == 1
    own = _source(next(iter(places.values()))) if cut else None
    given = {split: _source(file) for split, file in ({} if cut else places).items()} | {
        split: _source(file) for split, file in files.items()
    }
    try:
        task = task_of_rows(recipe.name, given, own, wishes, recipe)
    except InputError as error:
        if not any(str(place).startswith("hf:") for place in places.values()):
            raise
        raise InputError(f"{error}, or have the file from {recipe.source}") from error
    notes = (
        f"official: {recipe.official}",
        *((_CUT,) if cut else ()),
        *((recipe.note,) if recipe.note else ()),
    )
    return replace(task, notes=(*notes, *task.notes))


def _source(file: Any) -> Source:
    if isinstance(file, (str, Path)):
        return partial(read_records, file)
    rows = file if is_frame(file) else list(file)
    return partial(records_of, rows)


def _at_hand(name: str, value: Any, files: Mapping[Split, Any], wishes: Wishes, called: str = "") -> Task:
    """A task of what a user holds, or of what the user's function gave."""
    if isinstance(value, Task):
        return replace(value, scorer=scorer_named(wishes.scorer)) if wishes.scorer is not None else value
    if isinstance(value, (str, bytes, Mapping)) or not (is_frame(value) or isinstance(value, Iterable)):
        raise InputError(
            f"{name} is {type(value).__name__}; give a Task, rows (mappings), items or a DataFrame"
        )
    rows = value if is_frame(value) else list(value)
    if not is_frame(rows) and all(isinstance(row, Item) for row in rows):
        rows = [_as_row(item) for item in rows]
    name = called or name.rpartition(":")[2] or name
    given = {split: _source(file) for split, file in files.items()}
    return task_of_rows(name, given, partial(records_of, rows, name), wishes, None)


def _as_row(item: Item) -> dict[str, Any]:
    fields = {"question": item.question, "target": list(item.targets) or None, "context": list(item.context)}
    own = {"choices": list(item.choices), "id": item.id or None, "solution": item.solution or None}
    return {**item.record, **{name: value for name, value in (fields | own).items() if value}}


def _call(function: Callable[[], Any], named: str) -> Any:
    """What the user's function gives: rows that it yields are all taken. What it raises is one line."""
    if inspect.iscoroutinefunction(function):
        raise InputError(f"{named} is async; let it be a plain function or a generator")
    try:
        value = function()
        return list(value) if isinstance(value, Iterator) else value
    except MasdesignError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())
        raise InputError(f"{named} failed ({type(error).__name__}: {why}); correct it") from error


def _names_function(source: str) -> bool:
    place, colon, name = source.rpartition(":")
    if not colon or source.startswith("hf:") or not name.isidentifier() or Path(source).exists():
        return False
    return place.endswith(".py") or all(part.isidentifier() for part in place.split("."))


def _unknown(name: str) -> str:
    names = [*families(), *RECIPES.names(), TAU_AIRLINE]
    close = difflib.get_close_matches(name, names, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    listed = ", ".join(families())
    return (
        f"no task {name!r}; {meant}name one of {listed}, a benchmark (see masdesign tasks), or a "
        ".jsonl, .json, .csv or .parquet file"
    )


def _several(given: Any) -> tuple[Any, ...]:
    """One entry, or several, as several."""
    return (given,) if isinstance(given, (str, Path)) else tuple(given)


def _check_count(option: str, count: int | None) -> None:
    if count is not None and count < 1:
        raise InputError(f"--{option} {count}: it must be at least 1")
