"""The README's commands and snippets, run as a newcomer would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(bash|python)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
BASH = [text for language, text in BLOCKS if language == "bash"]
DATA = ROOT.parent / "shared" / "data"
PYTHON = [text for language, text in BLOCKS if language == "python"]
SET_UP = "python3 -m venv .venv && .venv/bin/pip install -c .ci/constraints.txt "


def _run(command, folder, **environment):
    """In a shell, from ``folder``, with this interpreter's commands first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """A folder in which the README's first command, all but its set-up, has been run."""
    folder = tmp_path_factory.mktemp("newcomer")
    search = BASH[0].strip().split(" && ")[-1].replace(".venv/bin/", "")
    done = _run(search, folder)
    return folder, done


def test_the_first_command_sets_up_and_searches():
    assert BASH[0].startswith(SET_UP + ". && .venv/bin/masdesign search ledger")


def test_the_second_command_is_the_one_that_ci_runs():
    tests = ".venv/bin/pytest -n 2 --dist loadfile"
    assert BASH[1].strip() == SET_UP + f"-e '.[dev]' && {tests}"
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith(tests)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_first_command_finds_a_better_design(newcomer):
    _, done = newcomer
    assert "the winner is better than step by step" in done.stdout
    assert "advantage" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("commands", BASH[2:])
def test_each_further_command(commands, newcomer):
    folder, _ = newcomer
    if "data/" in commands:
        if not DATA.is_dir():
            pytest.skip("no ../shared/data beside this checkout")
        (folder / "data").symlink_to(DATA)
    _run(commands, folder)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("snippet", PYTHON)
def test_each_snippet(snippet, newcomer):
    folder, _ = newcomer
    (folder / "snippet.py").write_text(snippet)
    _run("python snippet.py", folder)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif("CI" not in os.environ, reason="installs into a fresh environment: set CI=1 to run it")
def test_the_package_installs_and_answers_from_another_folder(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(
        ROOT,
        source,
        symlinks=True,
        ignore=shutil.ignore_patterns(".git", ".venv*", ".*_cache", "build", "*.egg-info"),
    )
    install = f".venv/bin/pip install -q -c {source}/.ci/constraints.txt {source}"
    _run(f"{sys.executable} -m venv .venv && {install}", tmp_path)
    done = _run(".venv/bin/masdesign run chain_of_thought --question '((1 + 2) + (3 * 2)) ='", tmp_path)
    assert done.stdout.strip()
