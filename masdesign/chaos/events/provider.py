"""Events at the provider of the model."""

from masdesign.chaos.scene import ChaosScene
from masdesign.chaos.victim import Ending

SHARE = 0.3
"""Share of the requests that fail under `provider_faults`."""


def provider_faults(scene: ChaosScene) -> Ending:
    """The provider fails 30 % of all requests, in 20 ways."""
    scene.model.share = SHARE
    try:
        return scene.victim.wait(scene.victim.start())
    finally:
        scene.model.share = 0.0


def provider_outage(scene: ChaosScene) -> Ending:
    """The provider answers nothing from some moment on."""
    process = scene.victim.start()
    scene.strike(process)
    scene.model.down = True
    try:
        return scene.victim.wait(process)
    finally:
        scene.model.down = False
