"""Commands that list designs: list, best, frontier, search; and the archive in numbers: stats."""

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._say import emit, say
from masdesign.cli.archive._shared import filters, print_rows


@click.command("list", short_help="every design with its scores")
@filters
@opt.together(opt.archive_option, opt.json_option)
def list_(task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """Every design with its scores, newest first."""
    from masdesign.archive.rows import rows

    with md.Archive(archive) as store:
        listed = rows(store, store.all_stored()[::-1], task=task, model=model)
    emit(listed) if as_json else print_rows(listed, sought=bool(task or model))


@click.command("best", short_help="the best design of a task and model")
@opt.option("-n count", "How many.", 1, least=1)
@filters
@opt.together(opt.archive_option, opt.json_option)
def best(count: int, task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """The design that `best` means in every command, and with -n those that follow it.

    Of --task: the highest shrunk val score, with --model where it is given. Without: the winner of the search
    that finished last. With --json an object; with -n above 1, their list.
    """
    from masdesign.archive.rows import ranked_rows
    from masdesign.session.resolve import meaning_of_best

    with md.Archive(archive) as store:
        task, model, best = meaning_of_best(store, task, model)
        ranking = sorted(store.ranking(task, model), key=lambda standing: standing.design_id != best)
        if not ranking:
            store.best(task, model)  # says what to do
        listed = ranked_rows(store, ranking[:count], task, model)
        sources = [store.design(row["id"]).source for row in listed]
    if as_json:
        documents = [{**row, "source": source} for row, source in zip(listed, sources, strict=True)]
        emit(documents if count > 1 else documents[0])
    else:
        print_rows(listed)
        if count == 1:
            say(f"\n{sources[0].rstrip()}")


@click.command("frontier", short_help="designs that no other beats in both score and tokens")
@filters
@opt.together(opt.archive_option, opt.json_option)
def frontier(task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """Designs that no other beats in both score and tokens, cheapest first."""
    from masdesign.archive.rows import ranked_rows
    from masdesign.session.resolve import meaning_of_best

    with md.Archive(archive) as store:
        if task is None:
            task, model, _ = meaning_of_best(store, task, model)
        listed = ranked_rows(store, store.frontier(task, model), task, model)
    emit(listed) if as_json else print_rows(listed, sought=True)


@click.command("search", short_help="designs with every word in name, thought, origin or code")
@click.argument("words", nargs=-1, required=True, metavar="TEXT…")
@opt.together(opt.archive_option, opt.json_option)
def search(words: tuple[str, ...], archive: str, as_json: bool) -> None:
    """Designs with every word in their name, thought, origin or code."""
    from masdesign.archive.rows import rows

    with md.Archive(archive) as store:
        listed = rows(store, store.search(" ".join(words)))
    emit(listed) if as_json else print_rows(listed, sought=True)


@click.command("stats", short_help="what the archive holds, in numbers")
@opt.together(opt.archive_option, opt.json_option)
def stats(archive: str, as_json: bool) -> None:
    """What the archive holds, in numbers."""
    with md.Archive(archive) as store:
        statistics = store.stats()
    if as_json:
        emit(statistics)
        return
    for name, value in statistics.items():
        if isinstance(value, int):
            say(f"{name:<12} {value:>8}")
    for kind, number in statistics["by_kind"].items():
        say(f"failures of kind {kind}: {number}")
    for row in statistics["tasks"]:
        top = "-" if row["best_val"] is None else f"{row['best_val']:.3f}"
        say(
            f"{row['task']} ({row['task_version']}), {row['model']}: {row['designs']} designs, "
            f"{row['complete']} evaluated in full, best val {top}"
        )


COMMANDS = (list_, best, frontier, search, stats)
