"""Where live pictures go: a virtual camera, a window, nowhere."""

import contextlib
import os
import subprocess
import sys
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Planes
from stream.errors import SinkError


class Outlet(Protocol):
    """Takes pictures of one size as they come; a fault ends the session.

    name: what the operator calls it. trouble: what goes wrong meanwhile, or "".
    """

    name: str
    trouble: str

    def send(self, planes: Planes) -> None:
        """Show 8-bit 4:2:0 `planes`. Raises SinkError when the device has gone."""

    def close(self) -> None:
        """Let go of the device; safe to call twice."""


class Packed:
    """The planes of a picture one after the other in one buffer, which is used again and again."""

    def __init__(self, height: int, width: int) -> None:
        self._samples = np.empty(height * width * 3 // 2, np.uint8)

    def __call__(self, planes: Planes) -> npt.NDArray[np.uint8]:
        """8-bit 4:2:0 `planes` of that size, flat; written to again by the next call."""
        start = 0
        for plane in planes:
            part = self._samples[start : start + plane.size]
            part.reshape(plane.shape)[:] = plane
            start += plane.size
        return self._samples


class VirtualCamera:
    """A camera that other programs can choose.

    Raises SinkError when there is none, or it cannot be written to.
    """

    def __init__(self, height: int, width: int, rate: float, device: str | None = None) -> None:
        import pyvirtualcam

        self.name, self.trouble = device or "virtual camera", ""
        self._camera: Any = None
        self._packed = Packed(height, width)
        try:
            self._camera = pyvirtualcam.Camera(
                width, height, rate, fmt=pyvirtualcam.PixelFormat.I420, device=device
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise SinkError(_advice(device, error)) from error
        self.name = str(self._camera.device)

    def send(self, planes: Planes) -> None:
        """See Outlet."""
        samples = self._packed(planes)
        try:
            self._camera.send(samples)
        except (RuntimeError, OSError) as error:
            raise SinkError(f"{self.name}: the virtual camera is gone: {error}") from error

    def close(self) -> None:
        """See Outlet."""
        if self._camera is not None:
            with contextlib.suppress(RuntimeError, OSError):
                self._camera.close()


class Window:
    """A window on the screen. Raises SinkError where there is no screen."""

    name = "window"
    trouble = ""

    def __init__(self, height: int, width: int) -> None:
        self._shape, self._packed = (height * 3 // 2, width), Packed(height, width)
        if not has_screen():
            raise SinkError("no window can be opened here: there is no screen to open it on")
        try:
            cv2.namedWindow("Hairline", cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise SinkError(f"no window can be opened here: {error.err or error}") from error

    def send(self, planes: Planes) -> None:
        """See Outlet."""
        shaped = self._packed(planes).reshape(self._shape)
        try:
            cv2.imshow("Hairline", cv2.cvtColor(shaped, cv2.COLOR_YUV2BGR_I420))
            cv2.waitKey(1)
        except cv2.error as error:
            raise SinkError(f"the window is gone: {error.err or error}") from error

    def close(self) -> None:
        """See Outlet."""
        with contextlib.suppress(cv2.error):
            cv2.destroyWindow("Hairline")


class Nowhere:
    """Takes everything and shows nothing, for measuring and for recording alone."""

    name = "none"
    trouble = ""

    def send(self, planes: Planes) -> None:
        """See Outlet."""

    def close(self) -> None:
        """See Outlet."""


def has_screen() -> bool:
    """Whether a window can be opened. Without a screen OpenCV's Qt ends the program, uncaught."""
    if not sys.platform.startswith("linux"):
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    trial = "import cv2; cv2.namedWindow('trial')"
    tried = subprocess.run([sys.executable, "-c", trial], capture_output=True, check=False)
    return tried.returncode == 0


def open_outlet(to: str, height: int, width: int, rate: float, device: str | None) -> Outlet:
    """The outlet called `to`: "virtual", "window" or "none". Raises SinkError."""
    if to == "virtual":
        return VirtualCamera(height, width, rate, device)
    return Window(height, width) if to == "window" else Nowhere()


def _advice(device: str | None, error: Exception) -> str:
    """What is wrong with a virtual camera, and what to do."""
    from stream.live.loopback import RELOAD
    from stream.live.virtual_outputs import list_virtual_outputs, why_no_output

    text = " ".join(str(error).split())
    if "not a video output device" in text.lower():
        return (
            f"{device or 'virtual camera'}: takes no pictures; with v4l2loopback before 0.13 that "
            f"happens once a program has left it: {RELOAD}"
        )
    outputs = list_virtual_outputs()
    named = [output for output in outputs if output.path == device]
    why, cure = why_no_output(named or outputs)
    what = f"{device}: no virtual camera there" if device and not named else "no virtual camera"
    return f"{what}: {why or text}" + (f": {cure}" if cure else "") + "; --to window needs none"
