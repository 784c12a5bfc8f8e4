"""The help is quick because it imports nothing that is heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

from masdesign.cli import main

HEAVY = [
    "litellm",
    "dspy",
    "optuna",
    "sqlalchemy",
    "scipy",
    "numpy",
    "rich",
    "torch",
    "pydantic_monty",
    "networkx",
    "jinja2",
    "matplotlib",
]


def test_help_lists_every_command_and_imports_nothing_heavy():
    code = (
        "import sys\nfrom masdesign.cli import main\ncode = main(['--help'])\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"
    for name in (
        "search",
        "evaluate",
        "baseline",
        "run",
        "distill",
        "archive",
        "tasks",
        "blocks",
        "strategies",
        "models",
        "doctor",
        "report",
    ):
        assert f"\n  {name} " in done.stdout


def test_importing_the_package_imports_nothing_heavy():
    code = f"import sys, masdesign\nprint([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["nope"], ["search"], ["search", "arithmetic", "--budget", "many"], ["models", "gpt"]]
)
def test_bad_input_is_one_line_and_exit_2(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "masdesign", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("group", [[], ["archive"]])
def test_a_group_alone_shows_its_help_line_by_line(group, capsys):
    assert main(group) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Usage: masdesign")
    assert "\n  search " in shown.err


@pytest.mark.parametrize("arguments", [["archive", "show"], ["archive", "search"], ["evaluate"]])
def test_bytes_that_are_no_text_are_told_in_one_line(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["archive", "list"]) == 0  # the archive is there to look in
    capsys.readouterr()
    more = ["arithmetic"] if arguments == ["evaluate"] else []
    assert main([*arguments, "\udcff", *more]) == 2  # the byte 0xff of a command line
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "masdesign: '\\udcff' is not UTF-8; give it in UTF-8\n")


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_failure():
    command = f"{sys.executable} -m masdesign blocks | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full on this machine")
def test_a_full_disk_is_no_bug_of_ours():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "masdesign", "blocks"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "bug" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
