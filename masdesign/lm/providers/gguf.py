"""A model file of one's own, through llama.cpp (extra ``local``)."""

from pathlib import Path

from masdesign.errors import InputError
from masdesign.lm.local.model import LocalModel
from masdesign.lm.protocol import LM
from masdesign.lm.provider import Hosts, Provider
from masdesign.lm.spec import ModelSpec


def _open(spec: ModelSpec, argument: str, hosts: Hosts) -> LM:
    path = Path(argument)
    if not argument or not path.is_file():
        raise InputError(f"model {spec.model!r}: there is no such file; write it as gguf:FILE.gguf")
    return LocalModel(path, path.stem, spec)


PROVIDER = Provider("gguf", "gguf:FILE", "a GGUF file, computed on this machine by llama.cpp", _open)
