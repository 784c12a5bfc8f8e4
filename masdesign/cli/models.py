"""masdesign models: the models at hand, and with a name its whole card."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._block_scores import EMBEDDED, show, weights_json
from masdesign.cli._say import emit, say
from masdesign.cli._tables import from_where, new_table, print_columns
from masdesign.errors import InputError

CARDS = ("abacus", *(f"abacus:{version}" for version in EMBEDDED))
OTHERS = "any LiteLLM name: openai/…, anthropic/…, ollama/…, hosted_vllm/…"


@click.command()
@click.argument("name", required=False)
@click.argument("model", required=False)
@opt.json_option
def command(name: str | None, model: str | None, as_json: bool) -> None:
    """The models at hand; with NAME, the whole card; `fetch smollm2` gets a small real model."""
    from masdesign.lm.providers import PROVIDERS

    if name == "fetch":
        _fetch(model)
    elif model is not None:
        raise InputError(f"models {name} {model}: one name at a time, or `models fetch smollm2`")
    elif name is None:
        rows = [{"name": kind.form, "summary": kind.summary} for kind in PROVIDERS.all().values()]
        rows.insert(1, {"name": "VENDOR/MODEL", "summary": OTHERS})
        emit(rows) if as_json else print_columns([(f"{row['name']:<20}", row["summary"]) for row in rows])
    elif name in CARDS:
        # the manifest, and what every block scores (``masdesign blocks --on`` wrote it)
        version = name.partition(":")[2]
        named = {"name": name, "blocks": weights_json("blocks.json", version)}
        card = {"name": ""} | weights_json("manifest.json", version) | named
        emit(card) if as_json else print_card(card)
    elif name.startswith("recorded:"):
        details = _make_recorded_card(name)
        emit(details) if as_json else say("\n".join(f"{key}  {value}" for key, value in details.items()))
    elif "/" in name:
        raise InputError(
            f"no card for the model {name!r}; masdesign doctor --model {name} tries out what it can do"
        )
    else:
        kind = PROVIDERS.get(name.partition(":")[0])
        row = {"name": kind.form, "summary": kind.summary, "origin": PROVIDERS.origin(kind.name)}
        emit(row) if as_json else say(f"{kind.form}  {kind.summary}{from_where(row)}")


def _fetch(model: str | None) -> None:
    from masdesign.lm.local.smollm2 import NAME, fetch

    if model != NAME:
        raise InputError(f"model {model or ''!r} cannot be fetched; the one that can is {NAME}")
    path = fetch(lambda text: say(text, err=True))
    say(f"{NAME} is at {path} (Apache-2.0); use it with --model {NAME}")


def _make_recorded_card(name: str) -> dict[str, Any]:
    from masdesign.lm.providers.recorded import recorded

    model = recorded(name)
    return {
        "name": name,
        "model": model.model,
        "questions": model.questions,
        "window": model.window,
        "answers": ", ".join(sorted(model.repertoire.templates)),
        "solutions_a_question": model.repertoire.draws,
        "note": model.note,
    }


SKILLS = {
    "at once": "at_once",
    "greedy": "greedy",
    "sampled": "sampled",
    "vote of 9": "vote_of_9",
    "best of 9": "best_of_9",
    "judge": "judge_balanced",
}
"""Columns of the first table, and the names of their figures."""
_LOOKS: dict[str, Any] = {"title_justify": "left", "title_style": "bold"}
_HELD_OUT = {"at once": "direct", "step by step": "chain_of_thought", "judge": "verify"}


def print_card(card: Mapping[str, Any]) -> None:
    """The manifest for a person; the recipe in full is in the JSON."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    shape = card["architecture"]
    console.print(
        f"[b]{card['name']}[/b] revision {card['revision']}: {shape['parameters']:,} parameters, "
        f"{shape['layers']} layers of width {shape['width']}, a window of {shape['window']} tokens"
    )
    measured = card.get("calibration") or {}
    if measured:
        for table in (_solving(measured), _by_difficulty(measured), _elsewhere(measured)):
            console.print(table)
    if card["blocks"]:
        show(card["blocks"])
    for key in ("tokens", "minutes", "overlap"):
        if key in card:
            figures = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in card[key].items())
            console.print(f"[b]{_TITLES[key]}[/b]  {figures}")
    templates = ", ".join(f"{name} {entry['version']}" for name, entry in card["templates"].items())
    console.print(f"[b]templates, with their versions[/b]  {templates}")
    console.print("the whole recipe: masdesign models NAME --json")


_TITLES = {
    "tokens": "tokens trained on",
    "minutes": "minutes of training on two cores",
    "overlap": "overlap of what it was trained on with what it is tested on",
}


def _solving(measured: Mapping[str, Any]) -> Any:
    """Scores at each family's default difficulty."""
    items = next(iter(measured.values()))["solved"]["items"]
    title = f"share of {items} reserved items solved; the judge: balanced accuracy on its own solutions"
    table = new_table("family", "difficulty", "chance", *SKILLS, "program", title=title, **_LOOKS)
    for family, facts in measured.items():
        solved = [f"{facts['solved'][figure]:.2f}" for figure in SKILLS.values()]
        chance, program = f"{facts['chance']:.2f}", f"{facts['write_program']:.2f}"
        table.add_row(family, str(facts["difficulty"]), chance, *solved, program)
    return table


def _by_difficulty(measured: Mapping[str, Any]) -> Any:
    """One row a family and difficulty, those beyond the training too."""
    title = "by difficulty (* beyond what it was trained on)"
    table = new_table("family", "", "at once", "greedy", "sampled", title=title, **_LOOKS)
    for family, facts in measured.items():
        for difficulty, row in facts["by_difficulty"].items():
            beyond = "*" if int(difficulty) > facts["hardest_trained"] else ""
            figures = (f"{row[name]:.2f}" for name in ("at_once", "greedy", "sampled"))
            table.add_row(family, f"{difficulty}{beyond}", *figures)
    return table


def _elsewhere(measured: Mapping[str, Any]) -> Any:
    """Under instructions and roles that it has not seen: own wording / held-out wordings."""
    title = "own wording / five held-out wordings; greedy under a role, and beside a passage, never trained"
    table = new_table("family", *_HELD_OUT, "role", "passage", title=title, **_LOOKS)
    for family, facts in measured.items():
        wordings, beside = facts["held_out_wordings"], facts["roles_and_distractors"]
        shares = ((wordings[f"{name}_own"], wordings[f"{name}_held_out"]) for name in _HELD_OUT.values())
        pairs = (f"{own:.2f} / {held_out:.2f}" for own, held_out in shares)
        table.add_row(family, *pairs, f"{beside['unknown_role']:.2f}", f"{beside['with_a_passage']:.2f}")
    return table
