"""Blur, noise and codecs: what stands between a scene and its picture."""

from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt

from kernels.types import Rgb
from models.training.chance import log_uniform
from models.training.jpeg import jpeg_coded

Image = npt.NDArray[np.float32]
"""(H, W, 3) float32 display-referred RGB in [0, 1]."""
Field = npt.NDArray[np.float32]
"""(H, W) float32, a value a pixel."""

_SMALLEST = 32
"""x264 takes no fewer rows or columns."""


def blurred(image: Image, sigma: float) -> Image:
    """`image` (H, W) or (H, W, n) float32 blurred by a gaussian, a wide one on a smaller grid."""
    height, width = image.shape[:2]
    shrink = int(min(sigma / 1.5, height / 4, width / 4))
    if sigma < 0.1:
        return image
    if shrink < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
    size = (-(-width // shrink), -(-height // shrink))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    # The shrinking and the enlarging blur by themselves, by about half a cell.
    rest = np.sqrt(max((sigma / shrink) ** 2 - 0.25, 0.04))
    soft = cv2.GaussianBlur(small, (0, 0), float(rest))
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def grain(random: np.random.Generator, height: int, width: int, count: int) -> Image:
    """Noise (height, width, count) float32 of mean 0 and variance 1, all values independent."""
    # Four bytes summed are near enough to a normal value, at a third of its cost.
    parts = np.frombuffer(random.bytes(4 * height * width * count), np.uint8)
    total = parts.reshape(4, height, width, count).sum(axis=0, dtype=np.uint16)
    return np.asarray((total - np.float32(510)) / np.float32(147.8))


def smooth_noise(
    random: np.random.Generator, height: int, width: int, wavelength: float, octaves: int = 1
) -> Field:
    """Noise of mean 0 and about unit variance that varies over `wavelength` pixels.

    Each further octave halves the wavelength and the amplitude.
    """
    total, power = np.zeros((height, width), np.float32), 0.0
    for octave in range(octaves):
        step = max(wavelength / 2**octave, 1.0)
        coarse = max(int(step / 4), 1)
        rows, columns = -(-height // coarse), -(-width // coarse)
        grid = (int(rows * coarse / step) + 5, int(columns * coarse / step) + 5)
        knots = grain(random, *grid, 1)
        start, slope = random.uniform(1, 2, 2), coarse / step
        turn = np.array([[slope, 0, start[0]], [0, slope, start[1]]])
        flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if octave < 1 else cv2.INTER_LINEAR)
        layer = cv2.warpAffine(knots, turn, (columns, rows), flags=flags)
        layer = cv2.resize(layer, (columns * coarse, rows * coarse)) if coarse > 1 else layer
        total += np.asarray(layer[:height, :width], np.float32) * 0.5**octave
        power += 0.25**octave
    return np.asarray(total * np.float32(1.2 / np.sqrt(power)))


def developed(random: np.random.Generator, light: Image) -> Rgb:
    """`light` with noise, its removal, sharpening and the marks of a codec, each by chance.

    light: (H, W, 3) float32 display-referred RGB in [0, 1]. Returns (H, W, 3) uint8.
    """
    picture = light
    noisy = random.random() < 0.85
    if noisy:
        picture = _with_noise(random, picture)
    if random.random() < 0.25:
        picture = _denoised(random, picture)
    if random.random() < 0.35:
        sharper = picture - blurred(picture, random.uniform(0.6, 2.0))
        picture = picture + sharper * np.float32(random.uniform(0.2, 1.5))
    rgb = np.asarray(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return _coded(random, rgb)


def _with_noise(random: np.random.Generator, light: Image) -> Image:
    """Noise of the sensor: stronger in bright light before gamma, so in the dark after it."""
    height, width = light.shape[:2]
    strength = np.float32(log_uniform(random, 0.002, 0.035))
    spread = random.uniform(0.5, 1.5) if random.random() < 0.5 else 0.0
    noise = _correlated(grain(random, height, width, 1), spread)
    if random.random() < 0.6:
        blots = _correlated(grain(random, height, width, 3), 2 * spread + 0.5)
        noise = noise + blots * random.uniform(0, 1)
    luma = cv2.transform(light, np.full((1, 3), 1 / 3, np.float32)).reshape(height, width, 1)
    level = strength * (np.float32(1.3) - luma * random.uniform(0, 1.1))
    return np.asarray(light + noise * level, np.float32)


def _correlated(noise: Image, spread: float) -> Image:
    """`noise` of unit variance as before, but like its neighbours over `spread` pixels."""
    if spread < 0.3:
        return noise
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), spread)).reshape(noise.shape)
    return np.asarray(soft / max(float(soft.std()), 1e-3), np.float32)


def _denoised(random: np.random.Generator, picture: Image) -> Image:
    """Smeared as cameras smear noise: flat parts first, strands with them."""
    if random.random() < 0.4:
        rgb = np.asarray(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
        return np.asarray(cv2.medianBlur(rgb, 3), np.float32) / np.float32(255)
    near, like = random.uniform(1, 2.5), random.uniform(0.03, 0.15)
    return np.asarray(cv2.bilateralFilter(np.asarray(picture, np.float32), 5, like, near))


def _coded(random: np.random.Generator, rgb: Rgb) -> Rgb:
    way = random.random()
    if way < 0.15:
        return video_coded(random, rgb, int(random.integers(18, 37)), int(random.choice([1, 3])))
    if way < 0.60:
        return jpeg_coded(rgb, int(random.integers(25, 96)))
    return halved_chroma(rgb) if way < 0.9 else rgb


def halved_chroma(rgb: Rgb) -> Rgb:
    """`rgb` (H, W, 3) uint8 after one chroma sample for each 2 x 2 pixels (4:2:0)."""
    height, width = rgb.shape[:2]
    colour = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb))
    half = (-(-width // 2), -(-height // 2))
    small = cv2.resize(colour[..., 1:], half, interpolation=cv2.INTER_AREA)
    colour[..., 1:] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_YCrCb2RGB), np.uint8)


def video_coded(random: np.random.Generator, rgb: Rgb, crf: int, frames: int) -> Rgb:
    """`rgb` (H, W, 3) uint8 as the last of `frames` jittered H.264 frames of rate factor `crf`."""
    height, width = rgb.shape[:2]
    below, right = max(height + height % 2, _SMALLEST), max(width + width % 2, _SMALLEST)
    pad = ((0, below - height), (0, right - width), (0, 0))
    padded = np.pad(rgb, pad, mode="edge")
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.height, encoder.width, encoder.pix_fmt = below, right, "yuv420p"
    encoder.time_base, encoder.thread_count = Fraction(1, 25), 1
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "crf": str(crf)}
    packets = []
    for number in range(frames):
        shown = padded if number == frames - 1 else _jittered(random, padded)
        frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder = av.VideoCodecContext.create("h264", "r")
    decoder.thread_count = 1
    decoded = [frame for packet in packets for frame in decoder.decode(packet)]
    decoded += decoder.decode(None)
    return np.ascontiguousarray(decoded[-1].to_ndarray(format="rgb24")[:height, :width])


def _jittered(random: np.random.Generator, rgb: Rgb) -> Rgb:
    """An earlier frame: moved by a few pixels, with other noise."""
    height, width = rgb.shape[:2]
    move = np.array([[1, 0, random.normal(0, 2)], [0, 1, random.normal(0, 2)]])
    moved = cv2.warpAffine(rgb, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
