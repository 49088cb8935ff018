"""The cameras of this machine, whatever its system."""

import importlib
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stream.live.device_users import users
from stream.live.v4l2 import Device
from stream.live.v4l2_modes import Mode
from stream.live.video_nodes import (
    attribute,
    is_fed,
    is_loopback,
    look_at,
    name_of,
    nodes,
    trouble_of,
)

LABEL = "Hairline"
"""The name that our own virtual camera is given; a loopback of this name is no input."""
VIRTUAL_CAMERAS = ("OBS Virtual Camera", "Unity Video Capture")
"""Virtual cameras of Windows and macOS that pyvirtualcam writes to."""
INPUT_FORMATS = {"Linux": "v4l2", "Windows": "dshow", "Darwin": "avfoundation"}
"""FFmpeg's name for the way to the cameras of each system."""
PERMISSION = "allow this terminal to use the camera in the system's privacy settings"


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, or another program's virtual one.

    path: what av.open takes for it, together with INPUT_FORMATS. name: as the system tells it.
    modes: empty where the system does not tell (Windows, macOS) or the camera is in trouble.
    trouble: why it cannot be read just now, "" when it can; cure: what to do about it. virtual:
    another program makes its pictures. ours: a virtual camera that we write to, which is read
    only by somebody who asks for it by its path.
    """

    path: str
    name: str
    modes: tuple[Mode, ...] = ()
    trouble: str = ""
    cure: str = ""
    virtual: bool = False
    ours: bool = False


def list_cameras() -> list[Camera]:
    """All cameras, also those in trouble and our own virtual ones; never raises or hangs.

    Empty where there is none, or none can be listed: see `listing_trouble`.
    """
    if platform.system() == "Linux":
        return [camera_of(device) for device in look_at(nodes()) if _is_camera(device)]
    return [_foreign(found) for found in _enumerated() if _shows_pictures(found)]


def offered(cameras: Sequence[Camera]) -> list[Camera]:
    """Those that are numbered for the operator: all but our own."""
    return [camera for camera in cameras if not camera.ours]


def listing_trouble() -> str:
    """Why this system's cameras cannot be listed, "" when they can."""
    system = platform.system()
    if system == "Linux":
        return ""
    if system not in INPUT_FORMATS:
        return f"no cameras are known of on {system or 'this system'}"
    try:
        list(_listed())
    except Exception as error:
        return f"no cameras are listed ({type(error).__name__}: {error}); {PERMISSION}"
    return ""


def _is_camera(device: Device) -> bool:
    if device.error:
        # what cannot be asked may be no camera; the first node of a real one always is
        is_first = attribute(device.path, "index") in {"", "0"}
        return is_fed(device) if is_loopback(device) else is_first
    return device.captures


def camera_of(device: Device) -> Camera:
    """What a V4L2 device is as a camera."""
    virtual, name = is_loopback(device), name_of(device)
    trouble, cure = _trouble(device, virtual)
    ours = virtual and name == LABEL
    return Camera(str(device.path), name, device.modes, trouble, cure, virtual, ours)


def _trouble(device: Device, virtual: bool) -> tuple[str, str]:
    if device.error:
        return trouble_of(device)
    if virtual and not is_fed(device):
        return "nothing writes to it", "start the program that feeds it"
    if not device.captures:
        return "not a camera", "choose another"
    if device.busy:
        return f"in use by {users(device.path) or 'another program'}", "close it there"
    if not device.modes:
        return "offers no picture that can be read", "choose another"
    return "", ""


def _enumerated() -> list[Any]:
    try:
        return list(_listed())
    except Exception:  # `listing_trouble` tells
        return []


def _listed() -> Iterator[Any]:
    """PyAV's DeviceInfo of each; raises whatever a lacking or refusing PyAV raises."""
    av = importlib.import_module("av")
    if not hasattr(av, "enumerate_input_devices"):
        raise RuntimeError(f"PyAV {av.__version__} is too old to tell, pip install -U av")
    yield from av.enumerate_input_devices(INPUT_FORMATS[platform.system()])


def _shows_pictures(found: Any) -> bool:
    """Whether it is a camera, not a microphone or macOS's picture of its own screen."""
    kinds = found.media_types
    return (not kinds or "video" in kinds) and not found.description.startswith("Capture screen")


def _foreign(found: Any) -> Camera:
    name = found.description or found.name
    ours = name in VIRTUAL_CAMERAS
    path = f"video={found.name}" if platform.system() == "Windows" else found.name
    return Camera(path, name, virtual=ours, ours=ours)
