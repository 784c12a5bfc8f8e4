"""masdesign doctor: what works on this machine: sandbox, models, keys, archive."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._job import cache_path
from masdesign.cli._models import chosen_models, model_options
from masdesign.cli._say import emit, say
from masdesign.plugins import load_plugins
from masdesign.session.config import FILE, Config

if TYPE_CHECKING:
    from masdesign.lm.examine import Examination
    from masdesign.lm.spec import ModelSpec

_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "OPENROUTER_API_KEY")


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: does it work, and what to do where it does not."""

    name: str
    ok: bool
    detail: str


@click.command()
@opt.together(opt.archive_option, model_options, opt.json_option)
def command(archive: str, as_json: bool, **options: Any) -> None:
    """What works on this machine: sandbox, models, keys, archive.

    With --model, what that model can do, found by a few calls (which cost what they cost): does it reason,
    take temperature, stop sequences, schemas, tools? And the lines for masdesign.toml.

    \b
    masdesign doctor
    masdesign doctor --model openai/qwen3 --base-url http://127.0.0.1:8000/v1
    """
    if options["models"]:
        load_plugins(Config.find().plugins)
        _examine(chosen_models(options), as_json)
        return
    findings = [
        Finding("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        _try("sandbox", _sandbox),
        _try("abacus", _abacus),
        _keys(),
        _try("archive", lambda: _archive(archive)),
        _try("project", _project),
    ]
    if as_json:
        emit(findings)
    else:
        for finding in findings:
            mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
            click.echo(f"{mark} {finding.name:<8} {finding.detail}")
    click.get_current_context().exit(0 if all(f.ok for f in findings) else 1)


def _examine(models: dict[str, ModelSpec], as_json: bool) -> None:
    """Ask each model that was named what it can do."""
    from masdesign.aio import run_sync

    named: dict[str, ModelSpec] = {}
    for name, spec in sorted(models.items(), key=lambda row: not row[0]):  # a default has its own name, too
        if spec not in named.values():
            named[name] = spec
    seen = [(name, run_sync(_examined, spec)) for name, spec in named.items()]
    if as_json:
        rows = [{"name": name, **asdict(each), "config": each.config()} for name, each in seen]
        emit(rows[0] if len(rows) == 1 else rows)
    for name, examination in seen if not as_json else ():
        say(f"{name or 'the model'}: {examination.model}")
        say("\n".join(f"  {line}" for line in examination.lines()))
        if examination.takes:
            table = {**models[name].public(), **examination.config()}
            say(f"\n[models.{name or 'default'}]")
            say("\n".join(f"{key} = {_toml(value)}" for key, value in table.items()))
    if not all(examination.takes for _, examination in seen):
        click.get_current_context().exit(1)


def _toml(value: Any) -> str:
    """A value of an option as `masdesign.toml` has it: tables apart, as JSON writes it.

    >>> _toml({"type": "enabled", "budget_tokens": 1024})
    '{"type" = "enabled", "budget_tokens" = 1024}'
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {_toml(of)}' for key, of in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


async def _examined(spec: ModelSpec) -> Examination:
    from masdesign.lm.examine import examine
    from masdesign.lm.load import open_bare

    lm = open_bare(spec)
    try:
        return await examine(lm)
    finally:
        await lm.aclose()


def _try(name: str, check: Callable[[], str | Awaitable[str]]) -> Finding:
    from masdesign.aio import run_sync

    async def run() -> str:
        outcome = check()
        return outcome if isinstance(outcome, str) else await outcome

    try:
        return Finding(name, True, run_sync(run))
    except Exception as error:  # noqa: BLE001 - this command is there to say what fails
        return Finding(name, False, f"{type(error).__name__}: {error}")


async def _sandbox() -> str:
    from masdesign.workflow import MontySandbox

    async with MontySandbox() as sandbox:
        answer = await sandbox.run_python("6 * 7")
    if answer != "42":
        raise RuntimeError(f"6 * 7 gave {answer!r} in the sandbox")
    return "runs untrusted code, with limits on time, memory and calls"


async def _abacus() -> str:
    from masdesign.lm.abacus.provider import AbacusLM
    from masdesign.types import Message, Request

    model = AbacusLM(workers=1)
    try:
        await model.complete(Request((Message("user", "Problem: 1 + 1 ="),), max_tokens=8))
    finally:
        await model.aclose()
    return f"{model.model} answers"


def _keys() -> Finding:
    there = [name for name in _KEYS if os.environ.get(name)]
    return Finding("keys", True, ", ".join(there) if there else "none set (abacus needs none)")


def _project() -> str:
    """What the project's configuration holds; its plug-ins are loaded."""
    config = Config.find()
    if config.path is None:
        return f"no {FILE} here; masdesign init writes one"
    load_plugins(config.plugins)
    models = ", ".join(str(model.get("model")) for model in config.models.values())
    return (
        f"{config.path}: models {models or 'not named'}; {len(config.plugins)} plug-ins, which can be loaded"
    )


def _archive(place: str) -> str:
    from masdesign.archive import Archive
    from masdesign.archive.tables.connect import shown_place
    from masdesign.records.cache import Cache

    calls = shown_place(str(cache_path(place)))
    with Archive(place) as archive, Cache(cache_path(place)):
        return f"{shown_place(place)}: {archive.stats()['designs']} designs; calls recorded in {calls}"
