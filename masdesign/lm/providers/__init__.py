"""The models that masdesign can open, a provider a file. Adding one is adding a file with a `Provider`."""

from __future__ import annotations

from masdesign.lm.provider import Provider
from masdesign.registry import Registry

PROVIDERS: Registry[Provider] = Registry("model provider", Provider, home=__name__)
