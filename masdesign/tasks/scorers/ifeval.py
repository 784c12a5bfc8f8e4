"""``ifeval``: a reply is right where it follows every instruction of its prompt.

Reads ``instruction_id_list`` and ``kwargs`` from the item's record, as IFEval's file has them. The score is
the strict one of the prompt; its parts hold the share of instructions followed, and both in the loose
version, which forgives a first or last line and emphasis: Zhou et al. 2023, arXiv:2311.07911, section 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.scorers._instructions import follows
from masdesign.tasks.scorers._pure import PureScorer
from masdesign.types import Answer, Item, Score

Instruction = tuple[str, dict[str, Any]]


def instructions_of(record: Mapping[str, Any]) -> list[Instruction]:
    """The instructions of a record, each with its arguments. Raises `InputError` where there are none."""
    kinds, arguments = record.get("instruction_id_list"), record.get("kwargs")
    if not isinstance(kinds, Sequence) or not isinstance(arguments, Sequence) or len(kinds) != len(arguments):
        raise InputError(
            'the item has no instructions (scorer ifeval); its record must have "instruction_id_list" '
            'and "kwargs"'
        )
    return [(str(kind), _whole_numbers(given or {})) for kind, given in zip(kinds, arguments, strict=True)]


def _whole_numbers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in arguments.items()
    }


def loose_versions(reply: str) -> list[str]:
    """The reply, without its first line, last line, both, and each without asterisks."""
    lines = reply.split("\n")
    cut = [reply, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return [version for text in cut for version in (text, text.replace("*", ""))]


@dataclass(frozen=True, slots=True)
class IFEval(PureScorer):
    """1 where all instructions are followed.

    The score's parts are ``instructions``, ``loose`` and ``loose_instructions``.
    """

    name: str = "ifeval"
    form: str = "text"
    needs_target: bool = False

    def grade(self, answer: Answer, item: Item) -> Score:
        instructions = instructions_of(item.record)
        strict = [follows(kind, answer.text, given) for kind, given in instructions]
        versions = loose_versions(answer.text)
        loose = [
            obeyed or any(follows(kind, version, given) for version in versions)
            for (kind, given), obeyed in zip(instructions, strict, strict=True)
        ]
        missed = [kind for (kind, _), obeyed in zip(instructions, strict, strict=True) if not obeyed]
        count = max(1, len(instructions))
        parts = {"instructions": sum(strict) / count, "loose": float(all(loose)),
                 "loose_instructions": sum(loose) / count}  # fmt: skip
        return Score(float(all(strict)), f"Not followed: {', '.join(missed)}." if missed else "", parts)


ifeval = IFEval()
