"""Every snippet of the documentation works: the blocks of a page in order, in a folder of their own.

A block with a title (```` ```python title="shout.py" ````) is written to that file. Other blocks of Python
and Bash are run, and must succeed; blocks of other languages are only shown.
"""

import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest

DOCS = Path(str(files("masdesign"))) / "docs"
_FENCE = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PAGES = sorted(path for path in DOCS.glob("*.md") if re.search(r"^```(python|bash)", path.read_text(), re.M))


class Snippet(NamedTuple):
    language: str
    title: str
    text: str


def snippets(page):
    """The code blocks of a page, in order."""
    return [Snippet(*match) for match in _FENCE.findall(page.read_text(encoding="utf-8"))]


@pytest.fixture
def environment(tmp_path):
    """The variables of a user's shell: the commands of this Python, and none of a project's settings."""
    command = tmp_path / ".bin" / "masdesign"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; from masdesign.cli import main; '
                       'sys.exit(main())" "$@"\n')  # fmt: skip
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MASDESIGN")}
    path = os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**kept, "PATH": path, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_snippets_of_a_page_work(page, tmp_path, environment):
    for snippet in snippets(page):
        if snippet.title:
            (tmp_path / snippet.title).write_text(snippet.text, encoding="utf-8")
            continue
        if snippet.language == "python":
            command = [sys.executable, "-c", snippet.text]
        elif snippet.language == "bash":
            command = ["bash", "-euo", "pipefail", "-c", snippet.text]
        else:
            continue
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{snippet.text}\n{done.stdout}\n{done.stderr}"
