"""What was harmless in the sandbox does not wake up in a script: the export refuses, naming the line."""

from __future__ import annotations

import ast

import pytest

from masdesign.errors import SourceError
from masdesign.export import export_script
from masdesign.export.allowed import check_allowed
from masdesign.workflow import Design

GIVEN = {"direct", "Answer", "majority"}
TAKEN = {"os", "sys", "render", "Run", "TEMPLATES"}
ENTRY = "async def workflow(task):\n    answer = await direct(task)\n"


def refuse(body, line=None):
    """The refusal of a workflow with these lines in it, from line 3 on."""
    source = ENTRY + "".join(f"    {part}\n" for part in body.split("\n")) + "    return answer\n"
    with pytest.raises(SourceError) as error:
        check_allowed(source, GIVEN, TAKEN)
    assert error.value.line == (3 if line is None else line)
    assert error.value.reason.startswith("it cannot be exported: ")
    assert error.value.cure
    return error.value.reason


@pytest.mark.parametrize(
    "body",
    [
        "().__class__.__bases__[0].__subclasses__()",
        "answer.text.format(answer)",
        "'{0.__class__}'.format(answer)",
        "'{:{0.__class__}}'.format(answer)",
        "'{0[x]}'.format(answer)",
        "spell = 'x'.format",
        "''.format_map({})",
        "getattr(answer, '__cl' + 'ass__')",
        "getattr(answer, '__class__')",
        "getattr(*[answer, '__class__'])",
        "list(map(getattr, [answer], ['__class__']))",
        "setattr(answer, 'text', '')",
        "os.system('id')",
        "sys.exit()",
        "open('/etc/passwd')",
        "eval('1')",
        "exec('1')",
        "compile('1', '', 'eval')",
        "__import__('os')",
        "globals()",
        "vars(answer)",
        "dir(answer)",
        "breakpoint()",
        "input()",
        "direct(task).cr_frame",
        "(x for x in []).gi_frame.f_globals",
        "frame = answer.f_back",
        "make = type('X', (), {})",
        "make = type(answer)",
        "make = type(type(answer))('X', (), {})",
        "print('x', file=answer)",
        "say = print",
        "import os",
        "import os.path",
        "import asyncio",
        "import json.decoder",
        "from json import decoder",
        "from re import sre_compile",
        "from . import x",
        "import random\nrandom._os",
        "import re\nx = re",
        "import math\nmath.__loader__",
        "from typing import get_type_hints",
        "from dataclasses import sys",
        "from functools import wraps",
        "render('x')",
        "TEMPLATES.clear()",
        "Run(task)",
        "match answer:\n    case object(__class__=c):\n        pass",
        "match answer:\n    case Answer(cr_frame=c):\n        pass",
        "with answer:\n    pass",
        "raise SystemExit",
        "raise BaseException",
        "async for x in answer:\n    pass",
        "x = __builtins__",
        "x = __file__",
        "x = lambda: (yield)",
        "global count",
    ],
)
def test_what_reaches_out_is_refused(body):
    lines = body.split("\n")
    reached = {"import random", "import re", "import math", "match answer:"}
    refuse(body, 4 if lines[0] in reached else None)


@pytest.mark.parametrize(
    "source",
    [
        # A name that only looks defined, and at the run means the script's own or a built-in:
        "if False:\n    os = 1\n" + ENTRY + "    return os.popen('id')",
        "def f():\n    os = 1\n" + ENTRY + "    return os.getcwd()",
        "class A:\n    if False:\n        eval = 1\n    x = eval('1')\n" + ENTRY + "    return answer",
        "try:\n    1 / 0\nexcept Exception as sys:\n    pass\n" + ENTRY + "    return sys.exit()",
        "open = 1\ndel open\n" + ENTRY + "    return open('x')",
        "def majority(x):\n    return x\n" + ENTRY + "    return majority(answer)",
        # A class that makes an attribute look like the design's own:
        "class A:\n    system = 1\n" + ENTRY + "    return os.system('id')",
        "class A:\n    cr_frame = 1\n" + ENTRY + "    return direct(task).cr_frame",
        "class A:\n    def __getattr__(self, name):\n        return 1\n" + ENTRY + "    return answer",
        "class A:\n    __slots__ = ()\n" + ENTRY + "    return answer",
        "class A(Exception):\n    pass\n" + ENTRY + "    return answer",
        "class A(metaclass=type):\n    pass\n" + ENTRY + "    return answer",
        "@majority\ndef f():\n    pass\n" + ENTRY + "    return answer",
    ],
)
def test_a_name_is_followed_to_what_it_means(source):
    with pytest.raises(SourceError, match=r"line \d+: it cannot be exported"):
        check_allowed(source + "\n", GIVEN, TAKEN)


def test_what_only_a_compiler_finds_is_one_line():
    with pytest.raises(SourceError, match="not valid Python"):
        check_allowed("def f(x):\n    global x\n" + ENTRY, GIVEN, TAKEN)


def test_plain_code_passes():
    source = (
        "import re\nfrom collections import Counter\n\n\n"
        "def best(xs, *, key=len):\n    return sorted(xs, key=key)[-1]\n\n\n"
        + ENTRY
        + "    words = [w.lower() for w in re.findall(r'[a-z]+', answer.text) if w]\n"
        "    counts = Counter(words)\n"
        "    os = {'a': 1}\n"  # a local name means nothing else
        "    kind = type(answer).__name__\n"
        "    told = '{} of {:>3} {name}'.format(best(words or ['x']), len(counts), name=kind)\n"
        "    same = type(answer) == type(task) or hasattr(answer, 'text')\n"
        "    return Answer(told, str(os.get('a')) + f'{same!r:>{5}}' + getattr(answer, 'reasoning', ''))\n"
    )
    assert isinstance(check_allowed(source, GIVEN, TAKEN), ast.Module)


def test_a_name_and_a_thought_stay_text():
    wild = 'x """ + __import__("os").system("id") + """\n# coding: rot13\r\x0c\u2028import os\\'
    design = Design(ENTRY + "    return answer\n", name=wild, thought=wild)
    tree = ast.parse(export_script(design, file=wild, models={"": wild}))
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imports <= {
        "argparse", "asyncio", "ctypes", "json", "litellm", "os", "random", "re", "string", "sys",
        "threading", "time", "unicodedata"
    }  # fmt: skip
    assert not any(isinstance(n, ast.Name) and n.id == "__import__" for n in ast.walk(tree))


async def test_a_workflow_cannot_catch_a_failed_call(load_script):
    source = (
        "async def workflow(task):\n    try:\n        return await direct(task)\n"
        "    except Exception as error:\n        return str(error)\n"
    )

    def down(messages, sample):
        raise ValueError("the key is sk-canary")

    with pytest.raises(RuntimeError, match="sk-canary"):
        await load_script(source, reply=down).answer("1 + 1 =")


@pytest.mark.slow
async def test_no_more_calls_than_in_the_sandbox(load_script):
    source = "async def workflow(task):\n    while True:\n        await direct(task)\n    return ''\n"
    script = load_script(source)
    with pytest.raises(RuntimeError, match="more than 64 calls"):
        await script.answer("1 + 1 =")
    assert len(script.asked) == 64
