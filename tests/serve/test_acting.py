"""A served design acts with the user's tools; each request is an episode of its own."""

from masdesign.environments import Toolbox, tool
from masdesign.lm import Scripted
from masdesign.serve.backend import DesignBackend
from masdesign.serve.wire import ChatRequest
from masdesign.session.session import Session
from masdesign.session.spec import RunSpec
from masdesign.types import Message
from masdesign.workflow import Design, check

SENT = []


@tool(effect="world")
async def send(text: str) -> str:
    """Send it."""
    SENT.append(text)
    return f"sent as number {len(SENT)}"


SOURCE = """
async def workflow(task):
    seen = await act("send", text="hello")
    answer = await direct(task)
    return Answer(seen.text, answer.reasoning)
"""


async def test_a_served_design_acts(tmp_path):
    async with Session.open(archive=tmp_path / "archive.db") as session:
        spec = RunSpec("serve", None, {"": Scripted(lambda request: "Answer: 4")})
        async with session.run(spec, environment=Toolbox([send]), world_tools=True) as run:
            checked = check(Design(SOURCE), run.runtime.blocks)
            backend = DesignBackend(("sender",), checked, run.runtime)
            asked = ChatRequest("sender", (Message("user", "2 + 2 ="),))
            for number in (1, 2):
                (reply,), _ = await backend.answer(asked)
                assert reply.text == f"sent as number {number}"
    assert SENT == ["hello", "hello"]
