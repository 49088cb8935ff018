"""Turn the MediaPipe Selfie .tflite files into models/weights/selfie_*.safetensors.

Run: python -m models.convert_selfie FOLDER, where FOLDER is the unpacked npm package
@mediapipe/selfie_segmentation (npm pack, then tar xzf). Needs the PyPI package tflite.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite
import torch
from safetensors.torch import save_file

from models.selfie import SelfieNet
from models.weights import WEIGHTS, digest

SOURCES = {
    "selfie_general": "selfie_segmentation.tflite",
    "selfie_landscape": "selfie_segmentation_landscape.tflite",
}
_HALF = npt.NDArray[np.float16]


def parameters(path: Path) -> dict[str, torch.Tensor]:
    """SelfieNet's state, float16, from a .tflite file.

    The file's operators and the module's parameters stand in the same order; every shape is
    checked. Raises ValueError when the file holds another graph.
    """
    found = [array for kernel, bias in _kernels(path) for array in (kernel, bias)]
    wanted = SelfieNet().state_dict()
    if len(found) != len(wanted):
        raise ValueError(f"{path}: {len(found)} arrays where SelfieNet has {len(wanted)}")
    state = {}
    for (name, like), array in zip(wanted.items(), found, strict=True):
        if array.shape != tuple(like.shape):
            raise ValueError(f"{path}: {name} should be {tuple(like.shape)}, is {array.shape}")
        state[name] = torch.from_numpy(array.copy())
    return state


def _kernels(path: Path) -> Iterator[tuple[_HALF, _HALF]]:
    """Kernel and bias of each convolution, in graph order, as torch lays them out."""
    model = tflite.Model.GetRootAs(path.read_bytes(), 0)
    graph = model.Subgraphs(0)
    halves: dict[int, _HALF] = {}
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        inputs, output = operator.InputsAsNumpy(), operator.Outputs(0)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if kind == tflite.BuiltinOperator.DEQUANTIZE:
            halves[output] = _constant(model, graph.Tensors(inputs[0]))
        elif kind == tflite.BuiltinOperator.CONV_2D:
            kernel = halves[inputs[1]]
            pointwise = kernel.shape[1:3] == (1, 1)
            yield kernel[:, 0, 0] if pointwise else kernel.transpose(0, 3, 1, 2), halves[inputs[2]]
        elif kind == tflite.BuiltinOperator.DEPTHWISE_CONV_2D:
            yield halves[inputs[1]].transpose(3, 0, 1, 2), halves[inputs[2]]
        elif kind in (tflite.BuiltinOperator.CUSTOM, tflite.BuiltinOperator.TRANSPOSE_CONV):
            # (1, 2, 2, 16): the four phases of a 2x2 transposed convolution become channels.
            phases = halves[inputs[1]].reshape(4, 16)
            yield phases, halves[inputs[2]].repeat(4)


def _constant(model: Any, tensor: Any) -> _HALF:
    data = model.Buffers(tensor.Buffer()).DataAsNumpy()
    return np.asarray(data.view(np.float16).reshape(tensor.ShapeAsNumpy()))


def main() -> int:
    """Write both weight files and print their checksums for the manifest."""
    folder = Path(sys.argv[1])
    for name, source in SOURCES.items():
        path = WEIGHTS / f"{name}.safetensors"
        save_file(parameters(folder / source), path)
        print(f"{digest(path.read_bytes())}  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
