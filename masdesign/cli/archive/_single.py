"""Commands on one design, and on how two relate: show, diff, lineage."""

import difflib
import json
from typing import Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._say import emit, one_line, opened_again, printable, say
from masdesign.cli.archive._shared import (
    RELATIVES,
    filters,
    meant,
    named,
    names_of,
    shown_control,
    shown_score,
)
from masdesign.spending.price import known_usd, usd_words
from masdesign.spending.spend import reasoning_words


@click.command("show", short_help="a design with its code, lineage, evidence, and what became of it")
@click.argument("design")
@opt.flag("--items", "With --json: every evaluation's items.")
@filters
@opt.together(opt.archive_option, opt.json_option)
def show(design: str, items: bool, task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """A design's code, lineage, evidence, and what became of it.

    DESIGN is an id, a prefix of one, a name, a promoted block, or best.
    """
    from masdesign.archive.rows import full

    with md.Archive(archive) as store:
        entry = full(store, store.stored(meant(store, design, task, model)), items=items)
        shown = [r["design_id"] for kind in RELATIVES for r in entry["lineage"][kind]]
        shown += [link["id"] for kind in ("distillates", "distilled_from") for link in entry[kind]]
        names = names_of(store, shown)
    emit(entry) if as_json else _print(entry, names)


def _print(entry: dict[str, Any], names: dict[str, str]) -> None:
    _tell(
        f"{entry['id']}  {one_line(entry['name']) or 'no name'}  "
        f"from {one_line(entry['origin']) or 'unknown'}, {entry['created']}"
    )
    if entry["thought"]:
        _tell(entry["thought"])
    _tell(f"\n{entry['source'].rstrip()}\n")
    _print_relatives(entry, names)
    for title, evaluations in (("made here", entry["results"]), ("imported", entry["evidence"])):
        for evaluation in evaluations:
            _print_evaluation(title, evaluation)
    _print_openings(entry)
    for claim in entry["claims"]:
        for key, value in claim["claim"].items():
            _tell(f"claimed ({claim['origin']}): {key} {_describe_claim(value)}")
    for failure in entry["failures"]:
        where = f"line {failure['line']}: " if failure["line"] else ""
        _tell(f"failed ({failure['kind']}): {where}{failure['message']}")
    if not entry["results"] and not entry["evidence"]:
        _tell("not evaluated yet")


def _print_relatives(entry: dict[str, Any], names: dict[str, str]) -> None:
    """Ancestors and descendants, the blocks that it became, and what it was distilled into or from."""
    for kind in RELATIVES:
        for relative in entry["lineage"][kind]:
            _tell(f"{kind[:-1]} {relative['generations']:+d}  {named(relative['design_id'], names)}")
    for name in entry["promoted_as"]:
        _tell(f"a block of this archive: {name}")
    for kind, title in (("distillates", "distilled into"), ("distilled_from", "distilled from")):
        for link in entry[kind]:
            model = f", answered by {link['student_model']}" if link["student_model"] else ""
            _tell(f"{title} {named(link['id'], names)}: {link['method']} on {link['task']}{model}")
            _tell(f"    {link['verdict']}{' (imported)' if link['foreign'] else ''}; run {link['run']}")


def _print_evaluation(title: str, e: dict[str, Any]) -> None:
    _tell(
        f"{title}: {e['task']} {e['split']}, {e['model']}, world {e['world']}: "
        f"{shown_score(e) if 'score' in e else 'no item scored'}{'' if e['complete'] else ' partial'}"
        f"{opened_again(e.get('openings', 0))}, with a blank model {shown_control(e)}, "
        f"{e['tokens_per_item']:.0f} tokens{reasoning_words(e.get('reasoning_per_item', 0.0))}, "
        f"{e['calls_per_item']:.1f} calls, "
        f"{usd_words(known_usd(e['usd_per_item'], e['tokens_per_item'], e['model']))} an item"
    )


def _print_openings(entry: dict[str, Any]) -> None:
    for opening in entry["openings"]:
        _tell(
            f"look at test{' elsewhere' if opening['foreign'] else ''}, {opening['created']}: "
            f"{opening['designs']} design{'s' * (opening['designs'] > 1)} on {opening['items']} items"
            f"{', run ' + opening['run'] if opening['run'] else ''}"
        )


def _tell(text: str) -> None:
    """Code that people will judge by what they see: nothing in it is hidden, in a pager neither."""
    say(printable(text))


def _describe_claim(value: Any) -> str:
    """What others say, with what is wrong with it."""
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return f"{value['text']}" + (f" (broken: {value['broken']})" if "broken" in value else "")
    return json.dumps(value, ensure_ascii=False)[:500]


@click.command("diff", short_help="how the code of two designs differs")
@click.argument("old")
@click.argument("new")
@opt.together(opt.archive_option, opt.json_option)
def diff(old: str, new: str, archive: str, as_json: bool) -> None:
    """How the code of two designs differs."""
    with md.Archive(archive) as store:
        left, right = (store.design(meant(store, ref)) for ref in (old, new))
    first, second = (f"{design.id} {design.name}".strip() for design in (left, right))
    sources = left.source.splitlines(), right.source.splitlines()
    lines = [*difflib.unified_diff(*sources, first, second, lineterm="")]
    if as_json:
        emit({"old": left.id, "new": right.id, "diff": lines})
    else:
        say("\n".join(lines) if lines else "no difference in the code")


@click.command("lineage", short_help="a design's ancestors and descendants")
@click.argument("design")
@opt.together(opt.archive_option, opt.json_option)
def lineage(design: str, archive: str, as_json: bool) -> None:
    """A design's ancestors and descendants."""
    with md.Archive(archive) as store:
        family = store.lineage(meant(store, design))
        ids = [relative.design_id for relative in (*family.ancestors, *family.descendants)]
        names = names_of(store, [family.design_id, *ids])
    relatives = {
        kind: [
            {"id": r.design_id, "name": names.get(r.design_id), "generations": r.generations}
            for r in getattr(family, kind)
        ]
        for kind in RELATIVES
    }
    if as_json:
        emit({"id": family.design_id, "name": names[family.design_id], **relatives})
        return
    for relative in reversed(relatives["ancestors"]):
        say(f"{-relative['generations']:>+3}  {named(relative['id'], names)}")
    say(f"  0  {named(family.design_id, names)}")
    for relative in relatives["descendants"]:
        say(f"{relative['generations']:>+3}  {named(relative['id'], names)}")


COMMANDS = (show, diff, lineage)
