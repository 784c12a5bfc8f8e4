"""`Victim`: a search in a process of its own, and what its archive holds."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from masdesign.archive import Archive
from masdesign.search.replay import canonical

RUN = "chaos"
PATIENCE = 900.0
"""Seconds after which a search that has not ended counts as hung: long, since a machine may be busy."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended."""

    code: int | None
    """Its exit code; negative for a signal, ``None`` where it hung and was killed."""
    err: str = ""
    """What it wrote to standard error."""

    @property
    def is_clear(self) -> bool:
        """Whether it ended well, by a signal, or with a line for the user and no traceback."""
        if self.code is None or "this is a bug" in self.err:
            return False
        if "Traceback" in self.err:
            return self._before_our_code
        return self.code <= 0 or bool(self.last_line)

    @property
    def _before_our_code(self) -> bool:
        """Whether Ctrl-C came while Python itself started, which no program can turn into a line."""
        starting = self.last_line == "KeyboardInterrupt" and "<frozen" in self.err
        return starting and not re.search(r'File "[^"]*/masdesign/', self.err)

    @property
    def last_line(self) -> str:
        """The last line that it wrote."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else ""


@dataclass
class Victim:
    """A search of a small task, in a folder of its own.

    Parameters:
        folder: holds the task, the archive and the recorded calls.
        url: base URL of the model's server.
        archive: place of the archive; by default a file in the folder.
        seconds: how long an undisturbed search takes, so that an event may strike at any moment of it.
        key: API key, by which the server tells searches apart.
    """

    folder: Path
    url: str
    archive: str = ""
    seconds: float = 5.0
    key: str = "none"
    launcher: Sequence[str] = ("masdesign",)
    """The module that Python is started with, and arguments before the command's."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.archive = self.archive or str(self.folder / "archive.db")
        _write_task(self.folder / "sums.jsonl")

    def start(self, *, new: bool = True, run: str = RUN) -> subprocess.Popen[str]:
        """Start the search, or with ``new=False`` go on with it."""
        command = [
            *(sys.executable, "-m", *self.launcher, "search", str(self.folder / "sums.jsonl")),
            *("--model", "openai/chaos", "--base-url", self.url, "--archive", self.archive),
            *("--budget", "300calls", "--items", "8", "--test-items", "6", "--run", run),
            *(("--new",) if new else ()),
        ]
        environment = {**os.environ, "OPENAI_API_KEY": self.key}
        return subprocess.Popen(
            command,
            env=environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )

    @contextmanager
    def launched(self, *launcher: str) -> Iterator[None]:
        """Start the search through another module while the ``with`` lasts."""
        self.launcher, before = launcher, self.launcher
        try:
            yield
        finally:
            self.launcher = before

    def wait(self, process: subprocess.Popen[str]) -> Ending:
        """Wait until the process ends; kill it where it does not."""
        try:
            _, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate()
            return Ending(None, err)
        return Ending(process.returncode, err)

    def go_on(self) -> Ending:
        """Go on with the search, undisturbed; begin it where it had not begun."""
        ending = self.wait(self.start(new=False))
        if ending.code == 2 and f"no run '{RUN}'" in ending.err:
            ending = self.wait(self.start())
        return ending

    def digest(self) -> str:
        """SHA-256 of what the archive holds, without what differs from run to run (times, paid calls).

        The tokens and dollars of the whole run are left out, too: a provider bills some of the replies that
        it broke off, so a run that met faults costs more. The costs of every design stay in.
        """
        with Archive(self.archive) as archive:
            lines = [json.loads(line) for line in canonical(archive).splitlines()]
        for line in lines:
            spend = (line.get("outcome") or {}).get("spend") or {}
            spend.pop("tokens", None)
            spend.pop("usd", None)
        return hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()


def _write_task(file: Path) -> None:
    numbers = random.Random(0)
    rows = []
    for i in range(40):
        terms = [numbers.randint(2, 60), numbers.randint(2, 60), numbers.randint(2, 9)]
        question = f"({i}) {' + '.join(map(str, terms))} ="
        rows.append(json.dumps({"question": question, "target": str(sum(terms))}))
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
