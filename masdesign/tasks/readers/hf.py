"""``hf:OWNER/NAME[:CONFIG][:SPLIT]``: a data set of the Hugging Face hub. Needs the extra ``hf``.

A local folder may stand in place of OWNER/NAME. What the hub says is waited for no longer than `PATIENCE`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.readers import Record

PATIENCE = 10.0
"""Seconds for one answer of the hub."""
SPLITS = ("test", "validation", "train")
"""Which split is taken where none is named: the first of these that there is."""


class HuggingFace:
    """Reads data sets of the hub, through the library ``datasets``."""

    name = "hf"
    endings: tuple[str, ...] = ()
    prefix = "hf:"

    def read(self, source: str) -> Iterator[Record]:
        name, config, split = parse_source(source)
        table = _load(name, config, split)
        for number, row in enumerate(table, start=1):
            yield Record(f"hf:{source}, row {number}", dict(row))


def parse_source(source: str) -> tuple[str, str, str]:
    """Name, configuration and split of what follows ``hf:``; empty where they are not given.

    >>> parse_source("openai/gsm8k:main:test"), parse_source("cais/mmlu:all"), parse_source("a/b:test")
    (('openai/gsm8k', 'main', 'test'), ('cais/mmlu', 'all', ''), ('a/b', '', 'test'))
    """
    name, *rest = source.split(":")
    if not name or len(rest) > 2 or not all(rest):
        raise InputError(
            f"hf:{source}: write hf:OWNER/NAME, hf:OWNER/NAME:CONFIG or hf:OWNER/NAME:CONFIG:SPLIT"
        )
    if len(rest) == 1 and rest[0] in (*SPLITS, "dev", "val"):
        return name, "", rest[0]
    return name, *(*rest, "", "")[:2]  # type: ignore[return-value]


def _load(name: str, config: str, split: str) -> Any:
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", str(int(PATIENCE)))
    os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", str(int(PATIENCE)))
    try:
        import datasets
    except ImportError:
        raise InputError(f"hf:{name} needs the library datasets; install masdesign[hf]") from None
    datasets.disable_progress_bars()
    _ask_first(name)
    try:
        loaded: Any = datasets.load_dataset(name, config or None, split=split or None)
    except Exception as error:  # the library raises of every kind
        raise InputError(
            f"hf:{name} cannot be had ({str(error).splitlines()[0][:200]}); check the name"
        ) from error
    if not isinstance(loaded, dict):
        return loaded
    chosen = next((s for s in SPLITS if s in loaded), None) or next(iter(loaded))
    return loaded[chosen]


def _ask_first(name: str) -> None:
    """Ask the hub once, with a time limit, whether there is such a data set: the library asks for minutes."""
    if os.path.isdir(name) or os.environ.get("HF_HUB_OFFLINE") == "1":
        return
    from huggingface_hub import HfApi

    try:
        HfApi().dataset_info(name, timeout=PATIENCE)
    except Exception as error:  # unreachable, unknown, not allowed: all end here
        line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(f"hf:{name} cannot be had ({line}); check the name and the network") from error


hf = HuggingFace()
