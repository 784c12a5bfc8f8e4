"""SmolLM2-135M-Instruct: a small pretrained model, computed on this machine (extra ``local``)."""

from masdesign.errors import InputError
from masdesign.lm.local.model import LocalModel
from masdesign.lm.local.smollm2 import NAME, model_file
from masdesign.lm.protocol import LM
from masdesign.lm.provider import Hosts, Provider
from masdesign.lm.spec import ModelSpec


def _open(spec: ModelSpec, argument: str, hosts: Hosts) -> LM:
    path = model_file()
    if not path.is_file():
        raise InputError(f"model {NAME} is not on this machine; get it with: masdesign models fetch {NAME}")
    return LocalModel(path, NAME, spec)


PROVIDER = Provider(
    NAME, NAME, "SmolLM2-135M-Instruct, a real pretrained model of 98 MB, on this machine", _open
)
