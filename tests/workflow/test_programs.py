"""Programs are run safely: what a hostile one tries, it does not get, as root and as another user."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from masdesign.types import ProgramResult
from masdesign.workflow import cell, isolated
from masdesign.workflow.isolated import NoIsolation, run_isolated
from masdesign.workflow.programs import Programs
from masdesign.workflow.sandbox import MontySandbox

HOSTILE = {
    "read passwd": "open('/etc/passwd').read()",
    "list root": "import os\nos.listdir('/')\nos.listdir('/root')",
    "environment of the process": "open('/proc/self/environ').read()",
    "environment of the parent": "import os\nopen(f'/proc/{os.getppid()}/environ').read()",
    "write outside": "open('VICTIM/new', 'w')",
    "write the library": "import os\nopen(os.__file__, 'a')",
    "internet": "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)",
    "datagram": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix socket": "import socket\nsocket.socket(socket.AF_UNIX)",
    "fork": "import os\nos.fork()",
    "fork bomb": "import os\nwhile True: os.fork()",
    "subprocess": "import subprocess\nsubprocess.run(['/bin/ls'], check=True)",
    "exec": "import os\nos.execv('/bin/sh', ['sh', '-c', 'exit 0'])",
    "kill the parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "signal the parent": "import os, signal\nos.kill(os.getppid(), signal.SIGUSR1)",
    "limits of the parent": "import os, resource as r\nr.prlimit(os.getppid(), r.RLIMIT_CPU, (1, 1))",
    "mode of a file": "import os\nos.chmod('VICTIM', 0)",
    "times of a file": "import os\nos.utime('VICTIM')",
    "more time": "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (999, 999))",
    "another user": "import os\nos.setuid(12345)\nos.setgid(12345)",
    "a namespace": "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "a device": "import os\nos.mknod('/dev/sda')",
    "remove": "import shutil\nshutil.rmtree('VICTIM')",
    "shared memory": "from multiprocessing.shared_memory import *\nSharedMemory(create=True, size=1)",
    "anonymous file": "import os\nos.memfd_create('x')",
}
ENDLESS = {
    "output": ("while True: print('x' * 1000)", "limit"),
    "errors": ("import sys\nwhile True: sys.stderr.write('x' * 1000)", "limit"),
    "memory": ("kept = []\nwhile True: kept.append('x' * 10**7)", "limit"),
    "one huge list": ("[0] * 10**11", "limit"),
    "files": ("n = 0\nwhile True:\n    n += 1\n    open(str(n), 'w').write('x' * 10**6)", "limit"),
    "time": ("while True: pass", "timeout"),
    "sleep": ("import time\ntime.sleep(1000)", "timeout"),
    "threads": ("import time,threading as t\nwhile 1: t.Thread(target=time.sleep,args=[9]).start()", "error"),
    "recursion": ("def f(x): return f(x) + 1\nf(1)", "error"),
}  # fmt: skip


@pytest.fixture
def programs() -> Iterator[Programs]:
    with MontySandbox() as sandbox:
        made = Programs(sandbox)
        yield made
        made.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_gets_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    tmp_path.chmod(0o777)
    result = run_isolated(HOSTILE[name].replace("VICTIM", str(tmp_path)) + "\n'done'")
    assert result.status == "error", result
    assert result.value == ""
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_program_is_ended(name: str) -> None:
    source, status = ENDLESS[name]
    result = run_isolated(source, seconds=0.1 if status == "timeout" else 5.0)
    assert result.status == status, result
    assert len(result.stdout) <= isolated.OUTPUT_BYTES


@pytest.mark.slow
def test_what_a_program_may_do() -> None:
    assert run_isolated("print('hello')\n6 * 7") == ProgramResult("hello\n", "", "ok", "42")
    assert run_isolated("input() + input()", stdin="a\nb\n").value == "ab"
    assert run_isolated("open('a', 'w').write('text')\nopen('a').read()").value == "text"
    assert run_isolated("import numpy\nint(numpy.ones((3, 3)).sum())").value == "9"
    assert run_isolated("import asyncio\nasync def f(): return 5\nasyncio.run(f())").value == "5"
    assert run_isolated("import os\nsorted(os.environ)").value.startswith("['LANG'")
    assert run_isolated("import os\nos.listdir('.')").value == "[]"  # of the last program nothing is left
    assert run_isolated("class A(dict): pass\nA(x=1)").value == "{'x': 1}"
    assert run_isolated("[hash('a')] * 2 == [hash('a')] * 2 and len({'a', 'b'})").value == "2"


@pytest.mark.slow
def test_how_a_program_ends() -> None:
    failed = run_isolated("x = 1\nassert x == 2, 'not two'")
    assert (failed.status, failed.value) == ("error", "")
    assert "line 2" in failed.stderr
    assert failed.stderr.endswith("AssertionError: not two\n")
    assert run_isolated("1 +").status == "error"
    assert run_isolated("import sys\nsys.exit(3)").status == "error"
    for early in ("import sys\nsys.exit(0)", "import os\nos._exit(0)", "raise SystemExit"):
        assert run_isolated(early + "\n'done'").value == ""
    forged = (
        "import os\nfor n in range(3, 60):\n try: os.write(n, b'junk')\n except OSError: pass\nos._exit(0)"
    )
    assert run_isolated(forged).status == "error"


@pytest.mark.slow
def test_where_there_is_no_isolation_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "cell.py"
    source = (
        Path(cell.__file__).read_text().replace('"x86_64": (0,', '"other": (0,').replace('"aarch64"', '"no"')
    )
    broken.write_text(source)
    monkeypatch.setattr(isolated.cell, "__file__", str(broken))
    with pytest.raises(NoIsolation, match="does not isolate programs"):
        run_isolated("print(1)")
    assert run_isolated("print(1)", unprotected=True).stdout == "1\n"

    async def both() -> None:
        with MontySandbox() as sandbox:
            careful, careless = Programs(sandbox, unprotected=False), Programs(sandbox, unprotected=True)
            assert (await careful.run("1 + 1")).value == "2"  # the sandbox needs no isolation
            assert (await careful.run("assert 1 > 2")).status == "error"
            with pytest.raises(NoIsolation):
                await careful.run("import numpy")
            assert (await careless.run("import numpy\n1")).value == "1"
            careful.close()
            careless.close()

    asyncio.run(both())


DRIVER = """
import json, os, subprocess, sys, tempfile
for source in ["sum([1, 2])", "open('/etc/passwd').read()", "import socket\\nsocket.socket()",
               "import os\\nos.fork()", "open(__import__('os').__file__, 'a')", "open('x', 'w').write('aa')"]:
    folder = os.path.realpath(tempfile.mkdtemp())
    read_end, write_end = os.pipe()
    job = {"source": source, "scratch": folder, "seconds": 3, "isolate": True}
    subprocess.run([sys.executable, "-I", sys.argv[1], str(write_end)],
                   input=json.dumps(job).encode() + b"\\n", pass_fds=(write_end,), env={},
                   cwd=folder, stderr=subprocess.DEVNULL)
    os.close(write_end)
    print(os.read(read_end, 1000).decode())
"""


@pytest.mark.slow
@pytest.mark.parametrize("landlock", [True, False])
@pytest.mark.parametrize("user", ["this", "nobody"])
def test_both_ways_of_isolation_as_both_users(user: str, landlock: bool, tmp_path: Path) -> None:
    python = sys.executable if user == "this" else "/usr/bin/python3"
    if user == "nobody" and (os.getuid() != 0 or not Path(python).exists()):
        pytest.skip("only root can become another user, with a Python that the other may read")
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    source = Path(cell.__file__).read_text()
    if not landlock:
        source = source.replace("if not _landlock(libc, scratch):", "if True:")
    (folder / "cell.py").write_text(source)
    (folder / "driver.py").write_text(DRIVER)
    other = {"user": 65534, "group": 65534} if user == "nobody" else {}
    told = subprocess.run(
        [python, str(folder / "driver.py"), str(folder / "cell.py")], capture_output=True, text=True,
        cwd="/", check=True, **other,
    )  # fmt: skip
    outcomes = [json.loads(line) for line in told.stdout.splitlines()]
    if "refused" in outcomes[0] and not landlock:
        pytest.skip(outcomes[0]["refused"])
    assert outcomes[0] == {"status": "ok", "value": "3"}
    assert [outcome["status"] for outcome in outcomes[1:]] == ["error"] * 4 + ["ok"]


async def test_the_sandbox_goes_first(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> ProgramResult:
        raise AssertionError("CPython was started")

    monkeypatch.setattr("masdesign.workflow.programs.run_isolated", never)
    assert await programs.run("print('a')\n2 ** 10") == ProgramResult("a\n", "", "ok", "1024")
    failed = await programs.run("assert 1 == 2, 'no'")
    assert failed.status == "error"
    assert "no" in failed.stderr


@pytest.mark.slow
async def test_what_the_sandbox_lacks_goes_to_cpython(programs: Programs) -> None:
    assert (await programs.run("class A: pass\nclass B(A): pass\nisinstance(B(), A)")).value == "True"
    assert (await programs.run("def f():\n    yield 1\nlist(f())")).value == "[1]"
    assert (await programs.run("import heapq\nheapq.nsmallest(1, [2, 1])")).value == "[1]"
    assert (await programs.run("int(input()) + 1", stdin="41")).value == "42"
    assert (await programs.run("while True: pass", seconds=0.2)).status == "timeout"


async def test_programs_run_side_by_side(programs: Programs) -> None:
    sources = [f"import heapq\n{n} * {n}" for n in range(8)]
    results = await asyncio.gather(*(programs.run(source) for source in sources))
    assert [result.value for result in results] == [str(n * n) for n in range(8)]
