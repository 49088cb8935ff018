"""The cameras and virtual cameras of this machine, told to people and to programs."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from stream.live.camera_list import Camera, list_cameras, listing_trouble, offered
from stream.live.v4l2_modes import Mode
from stream.live.virtual_outputs import VirtualOutput, list_virtual_outputs, why_no_output


def report() -> str:
    """What `hairline cameras` prints: inputs with their modes, outputs, and what to do for one."""
    outputs = list_virtual_outputs()
    lines = ["cameras", *_cameras(offered(list_cameras()))]
    lines += ["virtual cameras to write to", *_outputs(outputs)]
    trouble, cure = why_no_output(outputs)
    if not outputs:
        lines += [f"  none: {trouble}", f"     -> {cure}"] if cure else [f"  none: {trouble}"]
    return "\n".join(lines)


def as_json() -> dict[str, Any]:
    """The same for json.dumps.

    "cameras": as `offered`, each with number, path, name, trouble, cure, virtual and modes;
    "virtual_outputs"; "trouble" and "cure": why no output is usable, both "" when one is.
    """
    outputs = list_virtual_outputs()
    trouble, cure = why_no_output(outputs)
    cameras = enumerate(offered(list_cameras()))
    return {
        "cameras": [_camera_as_json(number, camera) for number, camera in cameras],
        "virtual_outputs": [_output_as_json(output) for output in outputs],
        "trouble": trouble,
        "cure": cure,
    }


def _cameras(cameras: Sequence[Camera]) -> Iterator[str]:
    if not cameras:
        yield f"  none{': ' if listing_trouble() else ''}{listing_trouble()}"
    for number, camera in enumerate(cameras):
        kind = ", another program's" if camera.virtual else ""
        yield f"  {number}  {camera.name} ({camera.path}{kind})"
        if camera.trouble:
            yield from _advice(camera.trouble, camera.cure)
        yield from (f"     {line}" for line in mode_lines(camera.modes))


def _outputs(outputs: Sequence[VirtualOutput]) -> Iterator[str]:
    for output in outputs:
        state = "ready" if output.usable else "not usable"
        yield f"     {output.name} ({output.path}): {state}"
        if output.trouble:
            yield from _advice(output.trouble, output.cure)


def _advice(trouble: str, cure: str) -> Iterator[str]:
    yield f"     {trouble}"
    yield f"     -> {cure}"


def mode_lines(modes: Sequence[Mode]) -> list[str]:
    """Sizes with their rates and the formats that reach these, the largest size first."""
    table: dict[tuple[int, int], dict[str, list[Fraction]]] = {}
    for mode in modes:
        formats = table.setdefault((mode.height, mode.width), {})
        formats.setdefault(mode.pixel_format, []).append(mode.rate)
    lines = []
    for height, width in sorted(table, key=lambda size: size[0] * size[1], reverse=True):
        for rates, names in _grouped(table[height, width]).items():
            lines.append(f"{f'{width}x{height}':9}  {rates}  {' '.join(names)}")
    return lines


def _grouped(formats: dict[str, list[Fraction]]) -> dict[str, list[str]]:
    """The names of the formats that share their rates."""
    groups: dict[str, list[str]] = {}
    for name, rates in sorted(formats.items(), key=lambda item: (-max(item[1]), item[0])):
        text = " ".join(rate_text(rate) for rate in sorted(rates, reverse=True) if rate)
        groups.setdefault(f"{text} fps" if text else "unknown rate", []).append(name)
    return groups


def rate_text(rate: Fraction) -> str:
    """Frames a second as people write them: 30, 29.97, 7.5."""
    return f"{float(rate):.2f}".rstrip("0").rstrip(".")


def _camera_as_json(number: int, camera: Camera) -> dict[str, Any]:
    return {
        "number": number,
        "path": camera.path,
        "name": camera.name,
        "trouble": camera.trouble,
        "cure": camera.cure,
        "virtual": camera.virtual,
        "modes": [
            {
                "height": mode.height,
                "width": mode.width,
                "rate": float(mode.rate),
                "pixel_format": mode.pixel_format,
            }
            for mode in camera.modes
        ],
    }


def _output_as_json(output: VirtualOutput) -> dict[str, Any]:
    return {
        "path": output.path,
        "name": output.name,
        "usable": output.usable,
        "trouble": output.trouble,
        "cure": output.cure,
    }
