"""Cameras, and the virtual ones that calls can be given as a camera."""

from collections.abc import Iterator

from stream.findings import Finding, Status
from stream.live.camera_list import Camera, list_cameras, listing_trouble, offered
from stream.live.camera_report import rate_text
from stream.live.virtual_outputs import list_virtual_outputs, why_no_output

_NONE_HINT = "plug one in; a container needs --device /dev/video0"


def cameras() -> Iterator[Finding]:
    """Each camera, whether it can be read, and how large and fast it goes."""
    found = offered(list_cameras())
    for camera in found:
        yield _camera(camera)
    if not found:
        unknown = listing_trouble()
        yield Finding("cameras", "warn", unknown or "none", "" if unknown else _NONE_HINT)


def virtual_cameras() -> Iterator[Finding]:
    """Each virtual camera, and whether it can be written to."""
    outputs = list_virtual_outputs()
    works = any(output.usable for output in outputs)
    for output in outputs:
        text = f"{output.name}, {output.trouble}" if output.trouble else output.name
        # that another program writes to one of several is as it should be
        is_fine = not output.trouble or (works and not output.usable)
        status: Status = "ok" if is_fine else "warn"
        yield Finding(f"virtual camera {output.path}", status, text, "" if is_fine else output.cure)
    if not outputs:
        yield Finding("virtual camera", "warn", *why_no_output(outputs))


def _camera(camera: Camera) -> Finding:
    if camera.trouble:
        text = f"{camera.name}, {camera.trouble}"
        return Finding(f"camera {camera.path}", "warn", text, camera.cure)
    if not camera.modes:
        return Finding(f"camera {camera.path}", "ok", camera.name)
    largest = max(camera.modes, key=lambda mode: (mode.height * mode.width, mode.rate))
    fastest = f" at {rate_text(largest.rate)} fps" if largest.rate else ""
    text = f"{camera.name}, up to {largest.width}x{largest.height}{fastest}"
    return Finding(f"camera {camera.path}", "ok", text)
