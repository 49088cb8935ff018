"""Find and load committed weight files; a damaged one is refused by its checksum."""

import hashlib
from pathlib import Path

import numpy as np

from kernels.types import Floats

WEIGHTS = Path(__file__).parent / "weights"
_MANIFEST = "SHA256SUMS"
_CURE = "restore it with `git checkout -- models/weights` or install again"


class WeightsError(Exception):
    """A weights file is missing or damaged; the text names it."""


class MissingExtraError(WeightsError):
    """An optional part is not installed; the text names the command that adds it."""


def digest(data: bytes) -> str:
    """SHA-256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def load_weights(name: str, folder: Path | None = None) -> dict[str, Floats]:
    """The arrays of `name`.safetensors in `folder` (default: models/weights), as float32.

    The file's checksum is compared with the folder's SHA256SUMS before it is parsed.
    Raises WeightsError when file or checksum is missing, or they disagree.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = (folder if folder is not None else WEIGHTS) / f"{name}.safetensors"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"weights file {path} is missing: {_CURE}") from error
    if digest(data) != _expected(path):
        raise WeightsError(f"weights file {path} is damaged (wrong checksum): {_CURE}")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise WeightsError(f"weights file {path} is no safetensors file: {_CURE}") from error
    return {key: np.asarray(tensor, np.float32) for key, tensor in tensors.items()}


def listed() -> list[str]:
    """The names of all committed weights; WeightsError when the list is missing."""
    return sorted(Path(name).stem for name in _sums(WEIGHTS / _MANIFEST))


def _expected(path: Path) -> str:
    manifest = path.parent / _MANIFEST
    sums = _sums(manifest)
    if path.name not in sums:
        raise WeightsError(f"weights manifest {manifest} does not list {path.name}: {_CURE}")
    return sums[path.name]


def _sums(manifest: Path) -> dict[str, str]:
    """The checksum of each file, by its name."""
    try:
        lines = manifest.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"weights manifest {manifest} is missing: {_CURE}") from error
    return {name: sum_ for sum_, _, name in (line.partition("  ") for line in lines)}
