"""Which pixel format each kind of output takes for a source, with or without alpha."""

from stream.pixels import PixelFormat, parse, planar_name

_DEEP_RGB = {"rgb48be", "rgba64be", "gray16be"}
_RGB_DEPTHS, _GRAY_DEPTHS, _YUV_DEPTHS = (8, 10, 12, 16), (8, 16), (8, 9, 10, 12, 16)


def for_h264(source: PixelFormat, alpha: bool) -> str:
    """4:2:0 of 8 bits, the one that plays everywhere."""
    return "yuv420p"


def for_vp9(source: PixelFormat, alpha: bool) -> str:
    """4:2:0 of 8 bits."""
    return "yuva420p" if alpha else "yuv420p"


def for_prores(source: PixelFormat, alpha: bool) -> str:
    """4:4:4 of 10 bits."""
    return "yuva444p10le" if alpha else "yuv444p10le"


def for_animation(source: PixelFormat, alpha: bool) -> str:
    """Packed RGB of 8 bits."""
    return "argb" if alpha else "rgb24"


def for_png(source: PixelFormat, alpha: bool) -> str:
    """Packed RGB of 8 bits, or 16 for deeper sources."""
    if source.depth > 8:
        return "rgba64be" if alpha else "rgb48be"
    return "rgba" if alpha else "rgb24"


def for_matte(source: PixelFormat, alpha: bool) -> str:
    """Gray of 8 bits, or 16 for deeper sources."""
    return "gray" if source.depth == 8 else "gray16le"


def for_matte_png(source: PixelFormat, alpha: bool) -> str:
    """Gray of 8 bits, or 16 for deeper sources, as PNG orders its bytes."""
    return "gray" if source.depth == 8 else "gray16be"


def for_lossless(source: PixelFormat, alpha: bool) -> str:
    """FFV1's nearest format that holds every sample of `source`."""
    if source.model == "rgb":
        depth = _at_least(source.depth, _RGB_DEPTHS)
        return {True: "gbrap", False: "gbrp"}[alpha] + f"{depth}le" if depth > 8 else "bgra"
    if source.model == "gray":
        depth = _at_least(source.depth, _GRAY_DEPTHS)
        if alpha:
            return "ya8" if depth == 8 else "yuva444p16le"
        return planar_name("gray", depth, 0, 0)
    shifts = (source.shift_y, source.shift_x)
    shifts = shifts if shifts in ((1, 1), (0, 1)) else (0, 0)
    depth = _at_least(source.depth, _YUV_DEPTHS)
    if depth == 12 and shifts == (1, 1) and alpha:
        depth = 16
    name = planar_name("yuv", depth, *shifts)
    return name.replace("yuv", "yuva") if alpha else name


def _at_least(depth: int, held: tuple[int, ...]) -> int:
    return next(each for each in held if each >= depth)


def for_raw(source: PixelFormat, alpha: bool) -> str:
    """The lossless format, planar throughout."""
    name = for_lossless(source, alpha)
    return {"bgra": "gbrap" if alpha else "gbrp"}.get(name, name)


def for_y4m(source: PixelFormat, alpha: bool) -> str:
    """The nearest YUV format that YUV4MPEG2 names."""
    if source.model != "yuv":
        return "yuv444p" if source.depth == 8 else "yuv444p10le"
    shifts = (source.shift_y, source.shift_x)
    shifts = shifts if shifts in ((1, 1), (0, 1)) else (0, 0)
    return planar_name("yuv", 8 if source.depth == 8 else 10, *shifts)


def depth_of(name: str) -> int:
    """Bits a sample of alpha-less format `name`, packed ones included."""
    if name in _DEEP_RGB:
        return 16
    parsed = parse(name)
    return parsed.depth if parsed else 8
