"""The virtual cameras that this machine has to write to."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass

from stream.live.camera_list import LABEL, VIRTUAL_CAMERAS, list_cameras, listing_trouble
from stream.live.device_users import users
from stream.live.loopback import RELOAD, why_none
from stream.live.v4l2 import Device
from stream.live.video_nodes import (
    is_fed,
    is_loopback,
    look_at,
    name_of,
    nodes,
    trouble_of,
)

_OBS = "install OBS Studio (obsproject.com), start its virtual camera once and stop it again"


@dataclass(frozen=True, slots=True)
class VirtualOutput:
    """A virtual camera to write to.

    path: what pyvirtualcam takes as `device`. name: what calls show it as. usable: whether it can
    be written to just now. trouble: what is wrong with it, "" when nothing is; a usable one may
    have some. cure: what to do about that.
    """

    path: str
    name: str
    usable: bool = True
    trouble: str = ""
    cure: str = ""


def list_virtual_outputs() -> list[VirtualOutput]:
    """All there are, our own label first, then in the order of their numbers; never raises."""
    if platform.system() == "Linux":
        outputs = [_output(device) for device in look_at(nodes()) if is_loopback(device)]
        return sorted(outputs, key=lambda output: output.name != LABEL)
    names = {camera.name for camera in list_cameras()}
    return [VirtualOutput(name, name) for name in VIRTUAL_CAMERAS if name in names]


def why_no_output(outputs: Sequence[VirtualOutput]) -> tuple[str, str]:
    """Why none of `outputs` is usable, and what to do; both "" when one is."""
    if any(output.usable for output in outputs):
        return "", ""
    if outputs:
        first = outputs[0]
        return f"{first.path} ({first.name}): {first.trouble}", first.cure
    if platform.system() == "Linux":
        return why_none()
    return listing_trouble() or "OBS Virtual Camera is not installed", _OBS


def _output(device: Device) -> VirtualOutput:
    path, name = str(device.path), name_of(device)
    if device.error:
        return VirtualOutput(path, name, False, *trouble_of(device))
    if is_fed(device):
        user = users(device.path)
        # another user's programs do not show, nor does the device's own stubbornness
        cure = "close it there" if user else f"close that; if nothing writes to it: {RELOAD}"
        return VirtualOutput(path, name, False, f"in use by {user or 'another program'}", cure)
    if not device.outputs:
        # 0.12 forgets after the first writer that the device may be written to again
        text = "takes no pictures since its last writer left, a fault of v4l2loopback before 0.13"
        return VirtualOutput(path, name, False, text, RELOAD)
    if device.captures:
        text = "loaded without exclusive_caps=1, so that Chrome and Zoom do not see it"
        return VirtualOutput(path, name, True, text, RELOAD)
    return VirtualOutput(path, name)
