"""SmolLM2-135M-Instruct: a small pretrained model, computed on this machine (extra ``local``)."""

from masdesign.lm.local.model import open_local
from masdesign.lm.local.smollm2 import NAME
from masdesign.lm.provider import Provider

PROVIDER = Provider(
    NAME, NAME, "SmolLM2-135M-Instruct, a real pretrained model of 98 MB, on this machine", open_local
)
