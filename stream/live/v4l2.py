"""What a V4L2 device says of itself, asked by ioctl without any other program."""

import errno
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from stream.live.v4l2_modes import CAPTURE, Mode, modes

LOOPBACK_DRIVER = "v4l2 loopback"
_QUERY, _QUERY_LAYOUT = 0x80685600, struct.Struct("=16s32s32sIII12x")
_BUFFERS, _MAPPED = 0xC0145608, 1
_CAPTURES, _OUTPUTS, _DEVICE_CAPABILITIES = 0x1, 0x2, 0x80000000


@dataclass(frozen=True, slots=True)
class Device:
    """A video device.

    name: of the device, as its driver tells it; driver: likewise. captures, outputs: what may be
    done with it just now; a v4l2loopback device changes these. modes: of a device that captures.
    busy: another program reads it; not known of v4l2loopback. error: the errno for which it
    could not be asked, 0 when it could; it captures and outputs nothing then.
    """

    path: Path
    name: str = ""
    driver: str = ""
    captures: bool = False
    outputs: bool = False
    modes: tuple[Mode, ...] = ()
    busy: bool = False
    error: int = 0


def look(path: Path) -> Device:
    """Ask the device at `path`; leaves it as it is and never raises.

    A driver that hangs makes this hang: see stream.live.video_nodes.look_at.
    """
    try:
        # as FFmpeg opens it, so what fails here would fail there
        number = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return Device(path, error=error.errno or errno.EIO)
    try:
        return _described(path, number)
    except OSError as error:
        return Device(path, error=error.errno or errno.EIO)
    finally:
        os.close(number)


def _described(path: Path, number: int) -> Device:
    answer = ioctl(number, _QUERY, bytes(_QUERY_LAYOUT.size))
    driver, card, _, _, abilities, own = _QUERY_LAYOUT.unpack(answer)
    # `abilities` are those of all nodes of one device; a webcam's second node holds only metadata
    able = own if abilities & _DEVICE_CAPABILITIES else abilities

    def ask(request: int, argument: bytes) -> bytes | None:
        try:
            return ioctl(number, request, argument)
        except OSError:
            return None

    captures, driver_name = bool(able & _CAPTURES), _text(driver)
    return Device(
        path,
        name=_text(card),
        driver=driver_name,
        captures=captures,
        outputs=bool(able & _OUTPUTS),
        modes=modes(ask) if captures else (),
        busy=captures and driver_name != LOOPBACK_DRIVER and _is_busy(number),
    )


def _is_busy(number: int) -> bool:
    """Whether another program streams: to give back no buffers at all is refused then.

    Never to be asked of v4l2loopback, whose old versions throw away the writer's buffers for it.
    """
    try:
        ioctl(number, _BUFFERS, struct.pack("=4I4x", 0, CAPTURE, _MAPPED, 0))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def ioctl(number: int, request: int, argument: bytes) -> bytes:
    """Call the driver of the open file `number`; returns the argument as it left it.

    Raises OSError when the driver refuses.
    """
    import fcntl  # Windows has none

    filled = bytearray(argument)
    fcntl.ioctl(number, request, filled)
    return bytes(filled)


def _text(name: bytes) -> str:
    return name.split(b"\0", maxsplit=1)[0].decode("utf-8", "replace").strip()
