"""A user's block, strategy, scorer and model at work in every command: by flags, by the project's file, and
by the entry point of a package that is installed."""

import json
import os
import shlex
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from masdesign.cli import main

ROOT = Path(__file__).parents[2]
FILES = {"shout": "block", "louder": "strategy", "holds": "scorer", "rule": "model"}
FLAGS = [f"--plugin={name}.py" for name in FILES]
TASK = "sums.jsonl --items 8 --test-items 8 --scorer holds"
SEARCH = f"search {TASK} --model rule --strategy louder --budget 500calls --yes"
COMMANDS = (
    f"evaluate mine.py {TASK} --model rule",
    f"evaluate shout {TASK} --model rule",
    f"baseline {TASK} --model rule --max-k 3",
    "run mine.py --model rule --question 2+2=",
    f"compare {TASK} --model rule --strategies louder,random --budget 500calls --repeats 1 --yes",
    f"distill mine.py {TASK} --model rule --method transcribe --out p.md",
    f"archive ablate mine.py {TASK} --model rule",
    "export mine.py --out script.py --model openai/any",
    "solve 2+2= --model rule",
)


@pytest.fixture
def folder(tmp_path, monkeypatch, fresh_imports) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, kind in FILES.items():
        assert main(["new", kind, name]) == 0
    lines = (json.dumps({"question": f"{n} + 1 =", "target": str(n % 9)}) for n in range(60))
    (tmp_path / "sums.jsonl").write_text("\n".join(lines))
    (tmp_path / "mine.py").write_text("async def workflow(task):\n    return await shout(task)\n")
    return tmp_path


@pytest.mark.slow
def test_each_command_takes_them(folder, capsys):
    def done(command: str) -> str:
        assert main([*shlex.split(command), *FLAGS]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    for command in COMMANDS:
        done(command)
    assert "return await shout(task)" in (folder / "script.py").read_text()
    printed = done(SEARCH)
    use = next(line for line in printed.splitlines() if line.startswith("use it: masdesign "))
    assert main(shlex.split(use.removeprefix("use it: masdesign "))) == 0  # complete as it is printed
    assert "the same" in done("replay sums.jsonl-louder-1")
    (folder / "louder.py").write_text(
        (folder / "louder.py").read_text().replace("range(2, 13)", "range(2, 9)")
    )
    assert main(["replay", "sums.jsonl-louder-1", *FLAGS]) == 2
    assert "had strategy louder" in capsys.readouterr().err


@pytest.mark.slow
def test_the_file_of_a_project_names_them(folder, capsys):
    (folder / "masdesign.toml").write_text(
        f"""plugins = {[f"{name}.py" for name in FILES]}
[models.default]
model = "rule"
[task]
name = "sums.jsonl"
scorer = "holds"
items = 8
test_items = 8
[search]
strategy = "louder"
budget = "500calls"
"""
    )
    assert main(["search", "--yes"]) == 0
    assert "run sums.jsonl-louder-1" in capsys.readouterr().out
    for command in (
        ["evaluate", "mine.py"],
        ["replay", "sums.jsonl-louder-1"],
        ["run", "best", "--question=x"],
    ):
        assert main(command) == 0, capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_package_that_is_installed_brings_them(folder):
    wheel, info = folder / "loud-1-py3-none-any.whl", "loud-1.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in [*(f"{name}.py" for name in FILES), "shout.j2"]:
            archive.write(file, f"loud/{file}")
            Path(file).unlink()
        archive.writestr("loud/__init__.py", "")
        entries = "\n".join(f"{name} = loud.{name}" for name in FILES)
        archive.writestr(f"{info}/entry_points.txt", f"[masdesign]\n{entries}\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: loud\nVersion: 1\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    venv.create(folder / "fresh", with_pip=False)
    python = folder / "fresh" / "bin" / "python"
    site = subprocess.check_output([python, "-c", "import site; print(site.getsitepackages()[0])"], text=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site.strip()]
    subprocess.run([*pip, wheel], check=True, capture_output=True)
    Path(site.strip(), "shared.pth").write_text(f"{ROOT}\n{sysconfig.get_paths()['purelib']}\n")

    def done(command: str) -> str:
        asked = [python, "-m", "masdesign", *shlex.split(command)]
        environment = {**os.environ, "MONTY_BIN": str(Path(sys.executable).with_name("monty"))}
        return subprocess.run(
            asked, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    assert "[entry-point loud]" in next(line for line in done("blocks").splitlines() if "shout" in line)
    assert "sums.jsonl-louder-1" in done(SEARCH)
    assert "the same" in done("replay sums.jsonl-louder-1")
    assert done("run mine.py --model rule --question 2+2=").strip()
