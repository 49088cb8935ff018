"""What one run is to do."""

from dataclasses import dataclass, field
from pathlib import Path

from models.segmenter import DEFAULT_SEGMENTER, SEGMENTERS
from stream.errors import UsageError
from stream.trim import Trim

SEGMENTER_HELP = f"{', '.join(SEGMENTERS)}, or the path of an .onnx net"


@dataclass(frozen=True, slots=True)
class Settings:
    """One cut-out, as the command line or a program asks for it.

    source, out: paths, "-" for the standard streams. background: see open_background; None leaves
    it to the format. format: see choose_format; None goes by `out`. masks: a video or folder of
    coarse alphas that replace pass 1. matte_out: where to write the alpha alone.
    confidence_out: where to write how sure it is. smoothing: seconds, None for the default.
    """

    source: str
    out: str
    background: str | None = None
    format: str | None = None
    quality: str = "balanced"
    segmenter: str = DEFAULT_SEGMENTER
    masks: str | None = None
    matte_out: str | None = None
    confidence_out: str | None = None
    trim: Trim = field(default_factory=Trim)
    audio: bool = True
    overwrite: bool = False
    allow_truncated: bool = False
    smoothing: float | None = None


def checked_segmenter(name: str) -> str:
    """`name` if it is a segmenter's or a file's that may hold one; what it holds, opening it tells.

    Raises UsageError when it is not.
    """
    if name in SEGMENTERS:
        return name
    if Path(name).suffix.lower() != ".onnx":
        names = ", ".join(SEGMENTERS)
        raise UsageError(f"--segmenter is {names} or the path of an .onnx net, got {name!r}")
    if not Path(name).is_file():
        raise UsageError(f"segmenter {name} is missing: name the .onnx net where it lies")
    return name
