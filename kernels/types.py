"""Array aliases shared by kernels, models and stream."""

from typing import Any

import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, display-referred red, green, blue."""
Alpha = npt.NDArray[np.float32]
"""(H, W) float32 in [0, 1]: 1 is subject, 0 is background."""
Plane = npt.NDArray[Any]
"""(h, w) uint8 or uint16 samples of one colour component, least significant bits aligned."""
Planes = tuple[Plane, ...]
"""Y, U, V — or G, B, R — or Y alone; chroma planes may be smaller."""
Kinds = npt.NDArray[np.uint8]
"""(rows, columns) uint8, one value a lattice tile: OUTSIDE, INSIDE or BAND (see kernels.band)."""
Places = npt.NDArray[np.int32]
"""(n, 2) rows and columns, on whatever lattice."""
Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[Any]
"""float32, or the bits of bfloat16 as uint16."""
Wanted = npt.NDArray[np.bool_]
"""(rows, columns) of a map: where it is to be computed."""
Indices = npt.NDArray[np.int64]
