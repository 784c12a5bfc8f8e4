"""The embedded model, or a copy of it that was trained further."""

from masdesign.errors import InputError
from masdesign.lm.abacus.provider import folder_of
from masdesign.lm.protocol import LM
from masdesign.lm.provider import Hosts, Provider
from masdesign.lm.spec import ModelSpec


def _open(spec: ModelSpec, argument: str, hosts: Hosts) -> LM:
    folder = folder_of(argument)
    if not (folder / "weights.npz").is_file() or not (folder / "manifest.json").is_file():
        raise InputError(f"model abacus:{folder}: there are no weights in that folder; check the path")
    try:
        return hosts.abacus(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"model abacus:{folder}: its manifest.json cannot be read ({error})") from error


PROVIDER = Provider(
    "abacus",
    "abacus",
    "the embedded language model: offline, free, small; abacus:3 can act and learn from lessons",
    _open,
)
