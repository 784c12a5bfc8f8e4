"""The customer: replies as recorded as long as the agent writes what was recorded, then a model's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from masdesign.protocols import Services
from masdesign.types import Message

STOP = "###STOP###"
"""Written by the customer when the matter is settled, or cannot be."""

_INSTRUCTION = f"""You play a customer who writes to the service desk of an airline. Your situation:

{{situation}}

Write the customer's next message, and nothing else.
- Reveal only what the present step of the conversation needs. Do not quote the description above.
- Where the description does not say something that you are asked for, say that you do not know or have it.
- Stay in your role, and keep to what the description says you want.
- When your goal is reached, or the agent cannot help further, write {STOP} and nothing else."""


@dataclass(frozen=True, slots=True)
class SimulatedCustomer:
    """What was said so far, and how the customer answers."""

    situation: str
    """What the customer wants and knows; shown to the model that plays the customer alone."""
    opening: str
    recorded: tuple[tuple[str, str], ...] = ()
    """Pairs of an agent's message and the customer's reply, in order."""
    said: tuple[tuple[str, str], ...] = ()

    async def reply(self, text: str, services: Services) -> SimulatedCustomer:
        """Return the customer after replying to an agent's message; the reply is in ``said[-1][1]``.

        Raises:
            InputError: the agent left the record and the run has no model in the role ``user``.
        """
        number = len(self.said)
        on_record = self.said == self.recorded[:number] and number < len(self.recorded)
        if on_record and self.recorded[number][0] == text:
            answer = self.recorded[number][1]
        else:
            answer = (await services.complete("user", self._messages(text))).text.strip()
        return replace(self, said=(*self.said, (text, answer)))

    def _messages(self, text: str) -> list[Message]:
        """The conversation as the customer sees it: the customer is the assistant of these messages."""
        messages = [
            Message("system", _INSTRUCTION.format(situation=self.situation)),
            Message("user", "Hello, how can I help you?"),
            Message("assistant", self.opening),
        ]
        for question, answered in self.said:
            messages += [Message("user", question), Message("assistant", answered)]
        return [*messages, Message("user", text)]
