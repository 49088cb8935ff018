"""Pictures: a folder of numbered PNG files, or one PNG file for one picture."""

from pathlib import Path
from typing import cast

import av
from av.codec.context import ThreadType
from av.video.codeccontext import VideoCodecContext

from kernels.types import Alpha
from stream.companions import Companions, Packet
from stream.encode import Packer
from stream.errors import SinkError
from stream.finishing import FAULTS, Finishing
from stream.formats import Format
from stream.frame import Frame
from stream.place import Partial
from stream.receipt import Receipt
from stream.source_info import SourceInfo
from stream.tags import tags_for
from stream.video_sink import first_available, lasting, target_for


class ImageSink(Finishing):
    """Writes 000001.png, 000002.png … into a folder, or a single picture to a .png file.

    Sound and times have no place there; what is left out is in `warnings`.
    Raises SinkError when the medium fails, or a second picture arrives for a single file.
    """

    def __init__(
        self,
        place: Partial,
        format: Format,
        info: SourceInfo,
        companions: Companions | None,
        transparent: bool,
    ) -> None:
        super().__init__(place, Receipt(place.path, format, transparent))
        self._single = place.path.is_file()
        self._saved = 0
        self._info = info
        with self._opening():
            self._tags = tags_for(format, info)
            self._target = target_for(format, info, transparent)
            self._packer = Packer(self._target)
            self._context = self._encoder(format)
        if companions is not None and companions.streams:
            kinds = sorted({stream.type for stream in companions.streams})
            self.warnings.append(f"pictures hold no {' or '.join(kinds)}: left out")
        self._companions = companions

    def _encoder(self, format: Format) -> VideoCodecContext:
        encoder = first_available(format, self._target.width)
        context = cast(VideoCodecContext, av.CodecContext.create(encoder.name, "w"))
        context.width, context.height = self._target.width, self._target.height
        context.pix_fmt = self._target.pixel_format
        context.time_base = self._info.time_base
        context.sample_aspect_ratio = self._info.sample_aspect
        context.options = dict(encoder.options)
        context.thread_type = ThreadType.FRAME
        self._tags.put_on(context)
        return context

    def write(self, frame: Frame, alpha: Alpha | None) -> None:
        """Write one picture; see stream.sinks.Sink."""
        number = self.receipt.frames + 1
        if self._single and number > 1:
            raise SinkError(f"{self._place.name}: holds one picture; name a folder for a video")
        picture = self._packer.pack(frame, alpha)
        self._tags.put_on(picture)
        try:
            self._save(self._context.encode(picture))
        except FAULTS as error:
            raise self._fault(error) from error
        self.receipt.note(frame, picture, lasting(frame, self._info) * frame.time_base)
        if self._companions is not None:
            self._companions.packets.clear()

    def _save(self, packets: list[Packet]) -> None:
        """Each packet is one file; they come in order, some pictures late."""
        for packet in packets:
            self._saved += 1
            folder = self._place.path
            path = folder if self._single else picture_path(folder, self._saved)
            path.write_bytes(bytes(packet))

    def _finish(self) -> None:
        if self.receipt.frames:
            self._save(self._context.encode(None))

    def _drop(self) -> None:
        """Nothing is held open."""


def picture_path(folder: Path, number: int) -> Path:
    """The file of picture `number`, counted from 1."""
    return folder / f"{number:06d}.png"
