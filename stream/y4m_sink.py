"""YUV4MPEG2: the plainest video stream there is, for pipes between programs."""

from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kernels.types import Alpha
from stream.companions import Companions
from stream.encode import Packer
from stream.finishing import FAULTS, Finishing
from stream.formats import Format
from stream.frame import Frame
from stream.pixels import parse
from stream.place import Place
from stream.planes import plane_of
from stream.receipt import Receipt
from stream.source_info import SourceInfo
from stream.tags import tags_for
from stream.video_sink import lasting, target_for

_CHROMA = {
    "yuv420p": "420jpeg", "yuv422p": "422", "yuv444p": "444",
    "yuv420p10le": "420p10", "yuv422p10le": "422p10", "yuv444p10le": "444p10",
}  # fmt: skip


class Y4mSink(Finishing):
    """Writes opaque frames at a constant rate; times, sound and colour matrix have no place.

    Raises SinkError when the medium fails.
    """

    def __init__(
        self, place: Place, format: Format, info: SourceInfo, companions: Companions | None
    ) -> None:
        super().__init__(place, Receipt(place.path, format, False))
        self._info = info
        self._companions = companions
        if companions is not None and companions.streams:
            self.warnings.append("y4m holds pictures alone: sound and subtitles left out")
        with self._opening():
            self._target = target_for(format, info, False)
            self._tags = tags_for(format, info)
            self._packer = Packer(self._target)
            # Held open between frames; closed in _finish and _drop.
            is_path = isinstance(place.target, str)
            self._out: BinaryIO = Path(place.target).open("wb") if is_path else place.target  # noqa: SIM115
            self._send(self._header())

    def _header(self) -> bytes:
        rate = self._info.rate or Fraction(25)
        aspect = self._info.sample_aspect
        shown = "FULL" if self._target.full_range else "LIMITED"
        return (
            f"YUV4MPEG2 W{self._target.width} H{self._target.height} "
            f"F{rate.numerator}:{rate.denominator} Ip A{aspect.numerator}:{aspect.denominator} "
            f"C{_CHROMA[self._target.pixel_format]} XCOLORRANGE={shown}\n"
        ).encode()

    def write(self, frame: Frame, alpha: Alpha | None) -> None:
        """Write one frame; see stream.sinks.Sink."""
        picture = self._packer.pack(frame, None)
        self.receipt.note(frame, picture, lasting(frame, self._info) * frame.time_base)
        form = parse(self._target.pixel_format)
        if form is None:
            raise ValueError(f"y4m cannot hold {self._target.pixel_format}")
        layout = form.layout(frame.colour, frame.height, frame.width)
        self._send(b"FRAME\n")
        for number in range(layout.count):
            tall, wide = layout.plane_shape(number, frame.height, frame.width)
            samples = plane_of(picture, number, layout.dtype)[:tall, :wide]
            self._send(np.ascontiguousarray(samples).tobytes())
        if self._companions is not None:
            self._companions.packets.clear()

    def _send(self, data: bytes) -> None:
        try:
            self._out.write(data)
        except FAULTS as error:
            raise self._fault(error) from error

    def _finish(self) -> None:
        self._out.flush()
        if isinstance(self._place.target, str):
            self._out.close()

    def _drop(self) -> None:
        if isinstance(self._place.target, str):
            self._out.close()
