"""A script ends where the design's own code does not, and takes text that is not whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

from masdesign.export import export_script
from masdesign.workflow import Design

ASK = "    return await direct(task)\n"
ENDLESS = {
    "at the top": f"x = 0\nwhile True:\n    x = 1\nasync def workflow(task):\n{ASK}",
    "in the workflow": f"async def workflow(task):\n    x = 0\n    while True:\n        x = 1\n{ASK}",
    "after a call": (
        "async def workflow(task):\n    a = await direct(task)\n    while a:\n        b = 1\n    return a\n"
    ),
    "catching": (
        "async def workflow(task):\n    while True:\n        try:\n            x = [][0]\n"
        f"        except Exception:\n            x = 1\n{ASK}"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS)
def test_a_script_ends_where_the_design_s_code_does_not(name, tmp_path):
    path = tmp_path / "script.py"
    text = export_script(Design(ENDLESS[name])).replace("SECONDS = 10.0", "SECONDS = 1.0")
    assert "SECONDS = 1.0" in text
    fake = "\n\nWINDOW = 9999\n\n\nasync def complete(*_):\n"
    fake += "    return Completion('Answer: 4', Usage(1, 1))\n\n\n"
    path.write_text(text.replace('if __name__ == "__main__":', f'{fake}if __name__ == "__main__":'))
    done = subprocess.run(
        [sys.executable, str(path), "1 + 1 ="], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("no answer: ")
    assert "own code ran longer than 1 s" in line


def test_an_error_at_the_top_of_a_design_is_one_line(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(export_script(Design(f"x = [][0]\nasync def workflow(task):\n{ASK}")))
    command = [sys.executable, str(path), "1 + 1 ="]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "no answer: IndexError: list index out of range\n"


@pytest.mark.slow
def test_a_design_that_waits_for_its_model_is_not_ended(load_script):
    import asyncio

    script = load_script(f"async def workflow(task):\n{ASK}")
    script.SECONDS = 2.0
    quick = script.complete

    async def slow(*arguments):
        await asyncio.sleep(4)
        return await quick(*arguments)

    script.complete = slow
    assert asyncio.run(script.answer("1 + 1 =")).text


@pytest.mark.slow
def test_half_a_character_is_replaced(tmp_path):
    path = tmp_path / "script.py"
    source = "async def workflow(task):\n    a = await direct(task, role='half \\ud800')\n"
    source += "    return a.text + '\\ud83d'\n"
    text = export_script(Design(source))
    fake = (
        "\n\nclass _Fake:\n    exceptions = type('E', (), dict.fromkeys(('RateLimitError', 'Timeout',\n"
        "        'APIConnectionError', 'InternalServerError', 'ServiceUnavailableError'), ValueError))\n\n"
        "    async def acompletion(self, messages, **_):\n"
        "        str(messages).encode('utf-8')\n        [m['content'].encode('utf-8') for m in messages]\n"
        "        message = type('M', (), {'content': 'Answer: \\udfff 4'})\n"
        "        choice = type('C', (), {'message': message, 'finish_reason': 'stop'})\n"
        "        return type('R', (), {'choices': [choice], 'usage': None})\n\n\n"
        "def load_litellm():\n    return _Fake()\n\n\n"
    )
    path.write_text(
        text.replace('if __name__ == "__main__":', f'WINDOW = 9999{fake}if __name__ == "__main__":')
    )
    command = [sys.executable, str(path), b"1 + 1 = \xff"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8").strip().endswith("?")
