"""masdesign models: the models at hand, and with a name its whole card."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import click

from masdesign.cli._card import print_card
from masdesign.cli._options import emit, json_option
from masdesign.cli._say import say
from masdesign.errors import InputError


def _abacus() -> dict[str, Any]:
    """The manifest, and under ``blocks`` what every block scores (``masdesign blocks --on`` wrote it)."""
    weights = files("masdesign.lm.abacus") / "weights"
    manifest = json.loads((weights / "manifest.json").read_text(encoding="utf-8"))
    blocks = json.loads((weights / "blocks.json").read_text(encoding="utf-8"))
    return {"name": "abacus", **{k: v for k, v in manifest.items() if k != "name"}, "blocks": blocks}


OTHERS = "any LiteLLM name: openai/…, anthropic/…, ollama/…, hosted_vllm/…"


@click.command()
@click.argument("name", required=False)
@click.argument("model", required=False)
@json_option
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
        if as_json:
            emit(rows)
        else:
            for row in rows:
                say(f"{row['name']:<20}  {row['summary']}")
    elif name == "abacus":
        card = _abacus()
        emit(card) if as_json else print_card(card)
    elif name.startswith("recorded:"):
        details = _recorded_card(name)
        if as_json:
            emit(details)
        else:
            for key, value in details.items():
                say(f"{key}  {value}")
    else:
        raise InputError(
            f"no card for the model {name!r}; cards are kept for: abacus, and recorded:FILE#COLUMN"
        )


def _fetch(model: str | None) -> None:
    from masdesign.lm.local.smollm2 import NAME, fetch

    if model != NAME:
        raise InputError(f"model {model or ''!r} cannot be fetched; the one that can is {NAME}")
    path = fetch(lambda text: say(text, err=True))
    say(f"{NAME} is at {path} (Apache-2.0); use it with --model {NAME}")


def _recorded_card(name: str) -> dict[str, Any]:
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
