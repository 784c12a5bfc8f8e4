"""``hf:OWNER/NAME[@REVISION][:CONFIG][:SPLIT]``: a data set of the Hugging Face hub. Needs the extra ``hf``.

Of a public data set the hub keeps every row as Parquet, on a branch of its own: that is read, and of a
private one, or of a revision that is named, the files of the repository. A local folder may stand in place of
OWNER/NAME. Files are kept in the client's cache: what was read once is read without a network, too.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from masdesign.errors import InputError
from masdesign.tasks.readers import Record, read_records, reader_for
from masdesign.tasks.readers.csv import Header
from masdesign.tasks.readers.folder import SPLIT_WORDS, files_in

PATIENCE = 10.0
"""Seconds for one answer of the hub."""
SPLITS = ("test", "validation", "train")
"""Which split is taken where none is named: the first of these that there is."""
CONVERTED = "refs/convert/parquet"
"""The hub's branch of Parquet files, ``CONFIG/SPLIT/0000.parquet``."""


class HuggingFace:
    """Reads data sets of the hub, through its own client."""

    name = "hf"
    endings: tuple[str, ...] = ()
    prefix = "hf:"

    def read(self, source: str) -> Iterator[Record]:
        name, config, split = parse_source(source)
        number = 0
        for path in _files(name, config, split):
            for record in read_records(path):
                number += not isinstance(record.fields, Header)
                yield Record(f"hf:{source}, row {number}", record.fields)


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


def _files(name: str, config: str, split: str) -> list[Path]:
    """The files of a split, each at hand."""
    if os.path.isdir(name):
        inside = [path.relative_to(name).as_posix() for path in files_in(Path(name))]
        return [Path(name) / path for path in chosen_files(name, inside, config, split)]
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", str(int(PATIENCE)))
    os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", str(int(PATIENCE)))
    try:
        import pyarrow  # noqa: F401 - what most data sets are read with
        from huggingface_hub import HfApi
    except ImportError:
        raise InputError(f"hf:{name} needs the hub's client and pyarrow; install masdesign[hf]") from None
    repository, _, revision = name.partition("@")
    try:
        revision, inside = _listed(repository, revision)
        chosen = chosen_files(name, inside, config, split)
        fetch = HfApi().hf_hub_download
        return [Path(fetch(repository, path, repo_type="dataset", revision=revision)) for path in chosen]
    except InputError:
        raise
    except Exception as error:  # unreachable, unknown, not allowed, not in the cache: all end here
        line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(f"hf:{name} cannot be had ({line}); check the name and the network") from error


def _listed(repository: str, revision: str) -> tuple[str, list[str]]:
    """Where the rows are read from, and the files there; without a network those of the cache.

    A private data set needs a token (``HF_TOKEN``, or ``hf auth login``), which the client sends by itself.
    """
    from huggingface_hub import HfApi, constants, scan_cache_dir
    from huggingface_hub.errors import OfflineModeIsEnabled, RevisionNotFoundError

    for place in (revision,) if revision else (CONVERTED, "main"):
        try:
            about = HfApi().dataset_info(repository, revision=place, timeout=PATIENCE)
            return place, [file.rfilename for file in about.siblings or ()]
        except RevisionNotFoundError:
            if place != CONVERTED:
                raise
        except OfflineModeIsEnabled:
            for kept in scan_cache_dir(constants.HF_HUB_CACHE).repos:
                if (kept.repo_id, kept.repo_type) == (repository, "dataset"):
                    for at in kept.revisions:
                        if place in at.refs:
                            inside = (file.file_path.relative_to(at.snapshot_path) for file in at.files)
                            return place, sorted(path.as_posix() for path in inside)
            if place != CONVERTED:
                raise
    raise InputError(f"hf:{repository} has no revision {revision or 'main'}; name another")


def chosen_files(name: str, inside: Sequence[str], config: str, split: str) -> list[str]:
    """The files that hold a split of a configuration, in order of their names.

    Raises:
        InputError: there is none; or there are several configurations, and none was named.

    >>> files = ["main/test/0000.parquet", "main/train/0000.parquet", "socratic/test/0000.parquet"]
    >>> chosen_files("a/b", files, "main", ""), chosen_files("a/b", ["train.jsonl", "dev.jsonl"], "", "val")
    (['main/test/0000.parquet'], ['dev.jsonl'])
    """
    paths = [PurePosixPath(path) for path in sorted(inside) if reader_for(path) and not path.startswith(".")]
    converted = bool(paths) and all(re.fullmatch(r"[^/]+/[^/]+/\d{4}\.parquet", str(path)) for path in paths)
    configs = list(dict.fromkeys(path.parts[0] for path in paths)) if converted else []
    if not config and len(configs) > 1:
        if "default" not in configs:
            listed = ", ".join(configs[:20])
            raise InputError(
                f"hf:{name} has several configurations ({listed}); name one, as hf:{name}:{configs[0]}"
            )
        config = "default"
    if config:
        paths = [path for path in paths if config in (*path.parts[:-1], path.stem)]
    splits = {path: _split_of(path, converted) for path in paths}
    wanted = [split] if split else [s for s in SPLITS if s in splits.values()] or sorted(set(splits.values()))
    for same in (str, lambda word: SPLIT_WORDS.get(word, word)):
        for one in wanted:
            if held := [str(path) for path in paths if same(splits[path]) == same(one)]:
                return held
    there = ", ".join(sorted(set(splits.values()) - {""})) or "none that is read"
    what = " ".join(part for part in (config, split) if part) or "rows"
    raise InputError(f"hf:{name} has no {what}; its splits: {there}; name another")


def _split_of(path: PurePosixPath, converted: bool) -> str:
    """The split that a file is named for; empty where it is none's."""
    if converted:
        return path.parts[1].removeprefix("partial-")
    words = re.split(r"[\W_\d]+", str(path.with_suffix("")).lower())
    return next((word for word in words if word in SPLIT_WORDS), "")


hf = HuggingFace()
