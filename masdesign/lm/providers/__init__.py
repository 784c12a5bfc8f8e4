"""The models that masdesign can open, a provider a file. Adding one is adding a file with a `Provider`."""

from masdesign.lm.provider import Provider
from masdesign.registry import Registry
from masdesign.versions import version_of

PROVIDERS: Registry[Provider] = Registry(
    "model", Provider, home=__name__, version=lambda provider: version_of(provider.open)
)
