"""A model file of one's own, through llama.cpp (extra ``local``)."""

from masdesign.lm.local.model import open_local
from masdesign.lm.provider import Provider

PROVIDER = Provider("gguf", "gguf:FILE", "a GGUF file, computed on this machine by llama.cpp", open_local)
