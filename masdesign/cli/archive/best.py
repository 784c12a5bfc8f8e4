"""masdesign archive best: the best design of a task and model."""

from __future__ import annotations

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.cli.archive._rows import print_rows
from masdesign.cli.archive._shared import filters, open_archive


@click.command()
@opt.option("-n count", "How many.", 1, least=1)
@filters
@opt.archive_option
@opt.json_option
def command(count: int, task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """The design that `best` means in every command, and with -n those that follow it.

    Of --task: the highest shrunk val score, with --model where it is given. Without: the winner of the search
    that finished last. With --json an object; with -n above 1, their list.
    """
    from masdesign.archive.rows import ranked_rows
    from masdesign.session.resolve import meaning_of_best

    with open_archive(archive) as store:
        task, model, best = meaning_of_best(store, task, model)
        ranking = sorted(store.ranking(task, model), key=lambda standing: standing.design_id != best)
        if not ranking:
            store.best(task, model)  # says what to do
        listed = ranked_rows(store, ranking[:count], task, model)
        sources = [store.design(row["id"]).source for row in listed]
    if as_json:
        documents = [{**row, "source": source} for row, source in zip(listed, sources, strict=True)]
        opt.emit(documents if count > 1 else documents[0])
    else:
        print_rows(listed)
        if count == 1:
            say(f"\n{sources[0].rstrip()}")
