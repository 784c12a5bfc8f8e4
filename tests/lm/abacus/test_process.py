"""Abacus in programs of every shape: no main guard, no file, an interrupt, a sudden death."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import masdesign

ROOT = Path(masdesign.__file__).parent.parent
PROGRAM = """
import asyncio, sys
from pathlib import Path
from masdesign.lm.abacus.provider import AbacusLM
from masdesign.types import Message, Request

lm = AbacusLM(workers=2, folder=Path({folder!r}))
asked = [Request((Message("user", f"step {{k}}"),), max_tokens={tokens}) for k in range({calls})]

async def main():
    first = asyncio.gather(*map(lm.complete, asked[:2]))
    await first
    print("pids", *lm.pids, flush=True)
    await asyncio.gather(*map(lm.complete, asked))

asyncio.run(main())
print("done", "numpy" in sys.modules, flush=True)
"""


def start(arguments, **options):
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )


def gone(pids, seconds=10.0):
    """Whether every process ends in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("how", ["script", "command", "stdin"])
def test_no_main_guard_no_close_no_noise(how, folder, tmp_path):
    source = PROGRAM.format(folder=str(folder), tokens=5, calls=10)
    script = tmp_path / "program.py"
    script.write_text(source)
    arguments = {"script": [str(script)], "command": ["-c", source], "stdin": ["-"]}[how]
    process = start(arguments, stdin=subprocess.PIPE, cwd=tmp_path)
    out, err = process.communicate(source if how == "stdin" else None, timeout=200)
    assert (process.returncode, err) == (0, "")
    first, last = out.splitlines()
    assert last == "done False"
    assert gone(first.split()[1:])


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_owner_and_say_nothing(sign, folder):
    process = start(
        ["-c", PROGRAM.format(folder=str(folder), tokens=190, calls=4000)], start_new_session=True
    )
    pids = process.stdout.readline().split()[1:]
    assert len(pids) == 2
    os.killpg(process.pid, sign)
    _, err = process.communicate(timeout=200)
    assert process.returncode != 0
    assert "worker" not in err
    if sign == signal.SIGINT:
        assert err.rstrip().endswith("KeyboardInterrupt")
    assert gone(pids)
