"""What an ONNX net takes: its kind, the layout of its picture, its normalisation."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.weights import WeightsError

Session = Any
"""An onnxruntime.InferenceSession; the package is optional."""
STATES = ("r1i", "r2i", "r3i", "r4i")
_RECURRENT = {"src", "downsample_ratio", *STATES}
_DTYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


class Image(NamedTuple):
    """A net's picture input; height and width are None where the net leaves them free."""

    name: str
    dtype: type[np.generic]
    channels_first: bool
    height: int | None
    width: int | None


def is_recurrent(session: Session) -> bool:
    """Whether the net has the inputs and outputs of a recurrent video matting net."""
    outputs = {value.name for value in session.get_outputs()}
    wanted = {"pha", "r1o", "r2o", "r3o", "r4o"}
    return {value.name for value in session.get_inputs()} == _RECURRENT and wanted <= outputs


def read_image(session: Session, path: Path) -> Image:
    """The only input of a stateless net; WeightsError when it is no picture or not alone."""
    inputs = session.get_inputs()
    first = inputs[0] if len(inputs) == 1 else None
    if first is None or first.type not in _DTYPES or len(first.shape) != 4:
        raise _refused(path, inputs)
    if first.shape[1] == 3:
        height, width = first.shape[2:]
    elif first.shape[3] == 3:
        height, width = first.shape[1:3]
    else:
        raise _refused(path, inputs)
    return Image(
        first.name, _DTYPES[first.type], first.shape[1] == 3, _fixed(height), _fixed(width)
    )


def mean_std(
    session: Session, path: Path
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(mean (3,), std (3,)) float32 from the net's metadata, or 0 and 1.

    Raises WeightsError when they are not three numbers, std above 0.
    """
    metadata = session.get_modelmeta().custom_metadata_map
    try:
        mean = np.array([float(word) for word in metadata.get("mean", "0,0,0").split(",")])
        std = np.array([float(word) for word in metadata.get("std", "1,1,1").split(",")])
    except ValueError:
        mean = std = np.zeros(0)
    if mean.shape != (3,) or std.shape != (3,) or not (std > 0).all():
        raise WeightsError(
            f"segmenter {path}: its metadata mean and std must be three numbers each"
        )
    return mean.astype(np.float32), std.astype(np.float32)


def _fixed(size: int | str | None) -> int | None:
    return size if isinstance(size, int) and size > 0 else None


def _refused(path: Path, inputs: list[Any]) -> WeightsError:
    found = ", ".join(f"{value.name} {value.type} {value.shape}" for value in inputs) or "none"
    return WeightsError(
        f"segmenter {path} must take one RGB picture (N, 3, H, W) or (N, H, W, 3), "
        f"or src, r1i to r4i and downsample_ratio; its inputs are: {found}"
    )
