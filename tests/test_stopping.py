"""A signal ends the program in one line, with the right exit code, at whatever instant it comes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from masdesign import stopping
from masdesign.evaluation.workers import Workers

# A signal at an exact instant: as a module begins to be imported, which no handler that raises survives
# everywhere, or as the interpreter exits.
PROGRAM = """
import atexit, os, signal, sys
place, number, *sys.argv[1:] = sys.argv[1:]
signal.signal(int(number), signal.SIG_DFL)  # whoever runs the tests may ignore it
def strike():
    os.kill(os.getpid(), int(number))
class Struck:
    def __del__(self):
        strike()
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == place:
            strike()
        if name == "click":
            if place == "finaliser":
                Struck()
            if place == "exit":
                atexit.register(strike)
sys.meta_path.insert(0, Finder())
if place == "last":
    atexit.register(strike)
from masdesign.__main__ import program
program()
"""
ENDINGS = {
    signal.SIGINT: (130, "masdesign: interrupted"),
    signal.SIGTERM: (143, "masdesign: ended by SIGTERM; what was finished is kept"),
    signal.SIGHUP: (129, "masdesign: ended by SIGHUP; what was finished is kept"),
}


def ended(folder, place: str, number: int) -> tuple[int, str]:
    task = folder / "sums.jsonl"
    rows = [json.dumps({"question": f"{i} + 1 =", "target": str(i + 1)}) for i in range(12)]
    task.write_text("\n".join(rows) + "\n")
    command = ("evaluate", "direct", str(task), "--items", "2", "--archive", str(folder / "a.db"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, place, str(number), *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("place", ["masdesign.cli", "click.core", "finaliser", "masdesign.cli.evaluate"])
@pytest.mark.parametrize("number", ENDINGS)
def test_before_the_work_begins(place, number, tmp_path):
    code, line = ENDINGS[number]
    assert ended(tmp_path, place, number) == (code, f"{line}\n")


@pytest.mark.slow
@pytest.mark.parametrize("place", ["masdesign.session.session", "masdesign.evaluation.evaluator", "exit"])
def test_while_it_works_and_as_it_exits(place, tmp_path):
    code, err = ended(tmp_path, place, signal.SIGTERM)
    assert (code, err.splitlines()[-1:]) == (143, ["masdesign: ended by SIGTERM; what was finished is kept"])
    assert "Traceback" not in err
    assert "ignored" not in err


@pytest.mark.slow
def test_once_all_is_done_a_signal_changes_nothing(tmp_path):
    code, err = ended(tmp_path, "last", signal.SIGTERM)
    assert (code, "SIGTERM" in err) == (0, False)


JOB = """
import asyncio, os, signal, sys, time
from masdesign import stopping
from masdesign.aio import run_sync
stopping.handle_signals()
async def job():
    try:
        for _ in range(2):  # what `timeout` does: once to the process, once to its group
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.1)
        print("ended in order")
async def outer():
    return run_sync(job) if sys.argv[1] == "inside" else await job()
try:
    run_sync(outer)
except KeyboardInterrupt:
    sys.exit(stopping.say_ending())
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["alone", "inside"])
def test_a_job_ends_in_order_and_a_signal_sent_twice_is_one(where):
    done = subprocess.run(
        [sys.executable, "-c", JOB, where], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (143, "ended in order\n"), done.stderr
    assert done.stderr == "masdesign: ended by SIGTERM; what was finished is kept\n"


STUCK = """
import os, signal, sys
from masdesign import stopping
from masdesign.aio import run_sync
stopping.handle_signals()
stopping._PATIENCE = 1
os.mkfifo(sys.argv[1])
async def job():
    os.kill(os.getpid(), signal.SIGTERM)
    open(sys.argv[1]).read()  # nobody writes to it, and the event loop stands still
run_sync(job)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_job_that_cannot_end_in_order_is_ended(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", STUCK, str(tmp_path / "pipe")], capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (143, ""), done.stderr
    assert done.stderr == "masdesign: ended by SIGTERM; what was finished is kept\n"


def test_what_is_ignored_stays_ignored():
    code = "from masdesign import stopping; import os, signal; stopping.handle_signals(); "
    code += "os.kill(os.getpid(), signal.SIGINT); os.kill(os.getpid(), signal.SIGHUP); print('goes on')"

    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a shell's background job
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup

    done = subprocess.run([sys.executable, "-c", code], preexec_fn=ignore, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "goes on\n", "")


async def test_ctrl_c_in_the_terminal_is_not_for_the_workers():
    workers = Workers()
    try:
        child = await workers.run(os.getpid)
        assert os.getsid(child) != os.getsid(0)
    finally:
        workers.close()


@pytest.mark.slow
def test_a_worker_ends_with_its_owner():
    code = """
import asyncio, os, sys, time
from masdesign.evaluation.workers import Workers
async def main():
    workers = Workers()
    print(await workers.run(os.getpid), flush=True)
    asyncio.ensure_future(workers.run(time.sleep, 600, seconds=600))
    await asyncio.sleep(0.5)
    os._exit(1)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    child = int(done.stdout)
    for _ in range(600):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("it still runs")


def test_nothing_is_installed_by_an_import():
    assert signal.getsignal(signal.SIGTERM) is not stopping.handle
