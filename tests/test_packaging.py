"""The root folders, the links, the mapping and the list of packages agree."""

import os
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
MAPPED = {name: folder for name, folder in TOOL["package-dir"].items() if name != "masdesign"}


def _folder(package: str) -> Path:
    head = ".".join(package.split(".")[:2])
    return ROOT / MAPPED.get(head, head.replace(".", "/")) / "/".join(package.split(".")[2:])


@pytest.mark.parametrize("package", MAPPED)
def test_each_mapped_folder_has_its_link(package):
    link = ROOT / package.replace(".", "/")
    assert link.is_symlink()
    assert os.readlink(link) == f"../{MAPPED[package]}"
    assert (link / "__init__.py").is_file()


def test_every_folder_with_code_is_listed():
    found = {"masdesign"}
    for top, prefix in [(ROOT / "masdesign", "masdesign"), *((ROOT / f, p) for p, f in MAPPED.items())]:
        for init in top.rglob("__init__.py"):
            inside = init.parent.relative_to(top).parts
            if any((top / Path(*inside[:n])).is_symlink() for n in range(1, len(inside) + 1)):
                continue
            found.add(".".join((prefix, *inside)))
    assert found == set(TOOL["packages"])


KEPT_APART = {ROOT / "masdesign/training/checkpoints"}
"""Where an unfinished training is gone on from: of use in a checkout alone."""


def test_every_file_that_is_not_code_is_shipped():
    for package in TOOL["packages"]:
        folder, patterns = _folder(package), TOOL["package-data"].get(package, [])
        shipped = {path for pattern in patterns for path in folder.glob(pattern)}
        folders = [folder, *(f for f in folder.iterdir() if f.is_dir() and not _is_code(f))]
        data = {
            path
            for f in folders
            for path in f.iterdir()
            if path.is_file() and path.suffix not in {".py", ".pyc"}
        }
        assert {path for path in data if path.parent not in KEPT_APART} == shipped


def _is_code(folder):
    return folder.is_symlink() or folder.name == "__pycache__" or (folder / "__init__.py").exists()
