import gc
import itertools
import threading
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest

from kernels.threads import available
from models.refiner import Refined, Refiners
from stream.errors import SinkError, SourceError, TruncatedError, UsageError
from stream.frame import Frame
from stream.job import DEPTH, MOST_REFINERS, Outcome, Progress, _refiners, run
from stream.settings import Settings
from stream.source_info import SourceInfo
from stream.trim import Trim
from stream.video_sink import VideoSink
from stream.video_source import VideoSource
from tests import media
from tests.conftest import Ellipse

pytestmark = pytest.mark.usefixtures("no_thread_remains", "ellipse")


def job(source: Path, out: Path, **more: Any) -> Outcome:
    return run(Settings(str(source), str(out), **more))


def rest(folder: Path, *known: str) -> list[str]:
    """What lies in `folder` beside what the test put there."""
    return sorted(path.name for path in folder.iterdir() if path.name not in known)


@pytest.mark.parametrize("size", [(96, 128), (95, 129)])
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "yuv444p", "gbrp10le"])
def test_samples_where_alpha_is_one_reach_a_lossless_file_bit_for_bit(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    truth = media.write_video(tmp_path / "in.mkv", 3, *size, pixel_format=name)
    outcome = job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert outcome.verdicts[0].ok, outcome.verdicts[0].line
    written = media.read_pictures(tmp_path / "out.mkv")
    for planes, (_, found) in zip(truth, written, strict=True):
        *colour, alpha = found
        whole = alpha == alpha.max()
        assert 0.1 < whole.mean() < 0.6
        assert (alpha == 0).mean() > 0.1
        for sent, back in zip(planes, colour, strict=True):
            step_y, step_x = (-(-a // b) for a, b in zip(size, sent.shape, strict=True))
            inside = np.zeros(sent.shape, bool)
            covered = whole[: size[0] // step_y * step_y, : size[1] // step_x * step_x]
            blocks = covered.reshape(size[0] // step_y, step_y, size[1] // step_x, step_x)
            inside[: blocks.shape[0], : blocks.shape[2]] = blocks.all((1, 3))
            np.testing.assert_array_equal(back[inside], sent[inside])


def test_over_a_colour_the_subject_is_untouched_and_the_room_gone(tmp_path: Path) -> None:
    truth = media.write_video(tmp_path / "in.mkv", 2, 96, 128, pixel_format="yuv444p")
    job(tmp_path / "in.mkv", tmp_path / "out.mkv", background="#00ff00")
    for planes, (_, found) in zip(truth, media.read_pictures(tmp_path / "out.mkv"), strict=True):
        assert len(found) == 3
        for sent, back, behind in zip(planes, found, (145, 54, 34), strict=True):
            np.testing.assert_array_equal(back[40:56, 56:72], sent[40:56, 56:72])
            assert (back[:16, :16] == behind).all()


@pytest.mark.parametrize("at_once", [1, 3])
def test_however_many_frames_are_refined_at_once_the_file_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    media.write_video(tmp_path / "in.mkv", 9, 96, 128)
    job(tmp_path / "in.mkv", tmp_path / "usual.mkv")
    monkeypatch.setattr("stream.job._refiners", lambda _: at_once)
    job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    usual, found = (media.read_pictures(tmp_path / f"{name}.mkv") for name in ("usual", "out"))
    assert len(found) == len(usual) == 9
    for (at, planes), (before, others) in zip(found, usual, strict=True):
        assert at == before
        for plane, other in zip(planes, others, strict=True):
            np.testing.assert_array_equal(plane, other)


def test_where_kernels_may_not_run_beside_each_other_one_frame_is_refined_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stream.job.may_be_shared", lambda: False)
    assert _refiners(info(96, 128)) == 1


@pytest.mark.parametrize("beside", [True, False])
def test_pass_1_has_a_thread_where_kernels_may_run_beside_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    media.write_video(tmp_path / "in.mkv", 4, 96, 128)
    job(tmp_path / "in.mkv", tmp_path / "usual.mkv")
    monkeypatch.setattr("stream.job.may_be_shared", lambda: beside)
    names, see = set[str](), Ellipse.__call__

    def noted(self: Ellipse, *arguments: Any) -> Any:
        names.add(threading.current_thread().name)
        return see(self, *arguments)

    monkeypatch.setattr(Ellipse, "__call__", noted)
    job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert ("pass 1" in names) == beside
    assert names
    usual, found = (media.read_pictures(tmp_path / f"{name}.mkv") for name in ("usual", "out"))
    for (_, planes), (_, others) in zip(found, usual, strict=True):
        for plane, other in zip(planes, others, strict=True):
            np.testing.assert_array_equal(plane, other)


def test_frames_are_refined_side_by_side_as_far_as_they_fit_into_memory() -> None:
    assert _refiners(info(1080, 1920)) == min(available(), MOST_REFINERS)
    assert _refiners(info(4320, 7680)) == 1


def info(height: int, width: int) -> SourceInfo:
    return cast(SourceInfo, SimpleNamespace(height=height, width=width))


def test_a_failing_pass_2_ends_the_job_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refine, count = Refiners.__call__, itertools.count()

    def failing(self: Refiners, *arguments: Any) -> Refined:
        if next(count) == 5:
            raise BrokenError("pass 2")
        return refine(self, *arguments)

    monkeypatch.setattr(Refiners, "__call__", failing)
    media.write_video(tmp_path / "in.mkv", 30)
    seen = list[int]()
    with pytest.raises(BrokenError, match="pass 2"):
        run(
            Settings(str(tmp_path / "in.mkv"), str(tmp_path / "out.mkv")),
            watch=lambda progress: seen.append(progress.frames),
        )
    assert max(seen) <= 5
    assert rest(tmp_path, "in.mkv") == []


@pytest.mark.parametrize("out", ["out.mkv", "out.webm", "out.mov", "out.mp4", "out.nut"])
def test_frames_and_times_are_kept(tmp_path: Path, out: str) -> None:
    media.write_video(
        tmp_path / "in.mkv", 8, codec="libx264", times=media.UNEVEN, time_base=media.BASE
    )
    outcome = job(tmp_path / "in.mkv", tmp_path / out)
    assert outcome.progress.frames == 8
    times = [seconds for seconds, _ in media.read_pictures(tmp_path / out)]
    assert times == [Fraction(t, 1000) for t in media.UNEVEN]
    assert rest(tmp_path, "in.mkv") == [out]


@pytest.mark.parametrize("out", ["out.mkv", "out.webm", "out.mov", "out.mp4", "out.nut"])
def test_the_check_passes_at_uneven_times(tmp_path: Path, out: str) -> None:
    media.write_video(tmp_path / "in.mkv", 8, times=media.UNEVEN, time_base=media.BASE)
    verdict = job(tmp_path / "in.mkv", tmp_path / out).verdicts[0]
    assert verdict.ok, verdict.line


def test_uneven_times_two_sound_tracks_subtitles_and_a_turn_survive(tmp_path: Path) -> None:
    media.write_video(
        tmp_path / "in.mkv", 8, codec="libx264", times=media.UNEVEN, time_base=media.BASE,
        audio=2, subtitles=True, rotation=90,
    )  # fmt: skip
    job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    before, after = packets(tmp_path / "in.mkv"), packets(tmp_path / "out.mkv")
    assert [p[:1] for p in after[0]] == [p[:1] for p in before[0]]
    assert after[1:] == before[1:]
    assert len(after) == 4
    (_, planes) = media.read_pictures(tmp_path / "out.mkv")[0]
    assert planes[0].shape == (64, 48)


def packets(path: Path) -> list[list[tuple[int, bytes]]]:
    """(pts, bytes) of every packet, by stream, in order of pts."""
    with av.open(str(path)) as container:
        found: list[list[tuple[int, bytes]]] = [[] for _ in container.streams]
        for packet in container.demux():
            if packet.size:
                found[packet.stream_index].append((packet.pts or 0, bytes(packet)))
    return [sorted(each) for each in found]


def test_a_part_is_as_long_as_asked_for(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 25)
    trim = Trim(Fraction(2, 5), Fraction(1, 5))
    outcome = job(tmp_path / "in.mkv", tmp_path / "out.mkv", trim=trim)
    assert outcome.progress.frames == 5
    assert media.read_pictures(tmp_path / "out.mkv")[0][0] == 0


def test_the_matte_is_written_beside(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 3, 96, 128)
    outcome = job(tmp_path / "in.mkv", tmp_path / "out.mkv", matte_out=str(tmp_path / "m.mkv"))
    assert [verdict.ok for verdict in outcome.verdicts] == [True, True]
    cut = media.read_pictures(tmp_path / "out.mkv")
    matte = media.read_pictures(tmp_path / "m.mkv")
    for (seconds, planes), (same, (alpha,)) in zip(cut, matte, strict=True):
        assert seconds == same
        np.testing.assert_array_equal(planes[3], alpha)


@pytest.mark.parametrize("out", ["out.mkv", "out.mp4"])
def test_the_matte_is_written_beside_an_opaque_picture(tmp_path: Path, out: str) -> None:
    media.write_video(tmp_path / "in.mkv", 2, 96, 128)
    job(
        tmp_path / "in.mkv", tmp_path / out, background="#00ff00", matte_out=str(tmp_path / "m.mkv")
    )
    for _, (alpha,) in media.read_pictures(tmp_path / "m.mkv"):
        assert (alpha[44:52, 60:68] == 255).all()
        assert (alpha[:8, :8] == 0).all()


def test_a_stacked_picture_over_a_background_still_has_its_matte_below(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 2, 96, 128)
    job(tmp_path / "in.mkv", tmp_path / "out.mp4", format="stacked", background="#00ff00")
    for _, (luma, *_) in media.read_pictures(tmp_path / "out.mp4"):
        assert luma.shape == (192, 128)
        assert abs(luma[140:148, 60:68].astype(int) - 235).max() <= 3
        assert abs(luma[96:104, :8].astype(int) - 16).max() <= 3


def test_progress_is_told_at_the_start_and_after_every_frame(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 5)
    seen = []
    settings = Settings(str(tmp_path / "in.mkv"), str(tmp_path / "out.mkv"))
    run(settings, watch=lambda progress: seen.append((progress.frames, progress.position)))
    assert seen == [(0, Fraction(0))] + [(n + 1, Fraction(n, 25)) for n in range(5)]


def test_a_stop_keeps_a_partial_file_that_plays(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 60, audio=1)
    stop = Event()

    def watch(progress: Progress) -> None:
        if progress.frames == 7:
            stop.set()

    settings = Settings(str(tmp_path / "in.mkv"), str(tmp_path / "out.webm"))
    outcome = run(settings, stop, watch)
    assert outcome.interrupted
    assert rest(tmp_path, "in.mkv") == ["out.partial.webm"]
    assert outcome.paths == [tmp_path / "out.partial.webm"]
    assert len(media.read_pictures(outcome.paths[0])) == 7


class BrokenError(Exception):
    pass


def breaks_at(monkeypatch: pytest.MonkeyPatch, where: str, number: int, error: Exception) -> None:
    """Let call `number` of the function at dotted path `where` raise."""
    owner_name, name = where.rsplit(".", 1)
    owner: Any = {"VideoSink": VideoSink, "Ellipse": Ellipse}[owner_name]
    whole, calls = getattr(owner, name), [0]

    def breaking(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == number:
            raise error
        return whole(*arguments)

    monkeypatch.setattr(owner, name, breaking)


def test_an_error_of_the_matting_surfaces_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.write_video(tmp_path / "in.mkv", 30)
    breaks_at(monkeypatch, "Ellipse.__call__", 9, BrokenError("matting"))
    with pytest.raises(BrokenError, match="matting"):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv", matte_out=str(tmp_path / "m.mkv"))
    assert rest(tmp_path, "in.mkv") == []


@pytest.mark.parametrize("number", [1, 9])
def test_an_error_of_the_sink_surfaces_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    media.write_video(tmp_path / "in.mkv", 30)
    breaks_at(monkeypatch, "VideoSink.write", number, SinkError("no room"))
    with pytest.raises(SinkError, match="no room"):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert rest(tmp_path, "in.mkv") == []


def test_when_the_second_output_cannot_be_completed_the_first_has_no_name_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.write_video(tmp_path / "in.mkv", 6)
    breaks_at(monkeypatch, "VideoSink._finish", 2, OSError(28, "No space left on device"))
    with pytest.raises(SinkError, match=r"m\.mkv: No space left"):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv", matte_out=str(tmp_path / "m.mkv"))
    assert rest(tmp_path, "in.mkv") == []


def test_a_part_kept_before_is_never_lost(tmp_path: Path) -> None:
    media.cut_file(_long(tmp_path / "out.partial.mkv"), 0.6)
    before = (tmp_path / "out.partial.mkv").read_bytes()
    with pytest.raises(TruncatedError, match=r"kept in .*out\.partial-2\.mkv"):
        job(tmp_path / "out.partial.mkv", tmp_path / "out.mkv")
    assert rest(tmp_path) == ["out.partial-2.mkv", "out.partial.mkv"]
    job(tmp_path / "out.partial-2.mkv", tmp_path / "out.mkv")
    assert rest(tmp_path) == ["out.mkv", "out.partial-2.mkv", "out.partial.mkv"]
    assert (tmp_path / "out.partial.mkv").read_bytes() == before


def test_an_error_of_the_source_surfaces_and_leaves_nothing(tmp_path: Path) -> None:
    media.write_changing(tmp_path / "in.mkv", [(48, 64, "yuvj420p")] * 9 + [(64, 48, "yuvj420p")])
    with pytest.raises(SourceError, match="changes from 64x48 to 48x64"):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert rest(tmp_path, "in.mkv") == []


def test_an_error_of_the_watcher_surfaces_and_leaves_nothing(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 30)

    def watch(progress: Progress) -> None:
        raise BrokenError("watch")

    with pytest.raises(BrokenError, match="watch"):
        run(Settings(str(tmp_path / "in.mkv"), str(tmp_path / "out.mkv")), watch=watch)
    assert rest(tmp_path, "in.mkv") == []


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 3)
    (tmp_path / "out.mkv").write_bytes(b"precious")
    with pytest.raises(SinkError, match="already exists"):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert (tmp_path / "out.mkv").read_bytes() == b"precious"
    job(tmp_path / "in.mkv", tmp_path / "out.mkv", overwrite=True)
    assert len(media.read_pictures(tmp_path / "out.mkv")) == 3


def test_a_failing_run_does_not_harm_the_file_it_was_to_replace(tmp_path: Path) -> None:
    media.write_changing(tmp_path / "in.mkv", [(48, 64, "yuvj420p"), (64, 48, "yuvj420p")])
    (tmp_path / "out.mkv").write_bytes(b"precious")
    with pytest.raises(SourceError):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv", overwrite=True)
    assert (tmp_path / "out.mkv").read_bytes() == b"precious"


def test_the_input_is_never_its_own_output(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 3)
    before = (tmp_path / "in.mkv").read_bytes()
    with pytest.raises(UsageError, match="would replace the source"):
        job(tmp_path / "in.mkv", tmp_path / "in.mkv", overwrite=True)
    assert (tmp_path / "in.mkv").read_bytes() == before


def test_a_truncated_input_leaves_a_named_part(tmp_path: Path) -> None:
    media.cut_file(_long(tmp_path / "in.mkv"), 0.6)
    with pytest.raises(TruncatedError, match=r"kept in .*out\.partial\.mkv"):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert rest(tmp_path, "in.mkv") == ["out.partial.mkv"]
    assert 20 < len(media.read_pictures(tmp_path / "out.partial.mkv")) < 50


def test_a_truncated_input_may_be_allowed(tmp_path: Path) -> None:
    media.cut_file(_long(tmp_path / "in.mkv"), 0.6)
    outcome = job(tmp_path / "in.mkv", tmp_path / "out.mkv", allow_truncated=True)
    assert outcome.truncated is not None
    assert rest(tmp_path, "in.mkv") == ["out.mkv"]


def _long(path: Path) -> Path:
    media.write_video(path, 60)
    return path


def test_masks_take_the_place_of_pass_one(tmp_path: Path, ellipse: Ellipse) -> None:
    media.write_video(tmp_path / "in.mkv", 4, 96, 128)
    media.write_masks(tmp_path / "masks", 4)
    job(tmp_path / "in.mkv", tmp_path / "out.mkv", masks=str(tmp_path / "masks"))
    assert ellipse.seen == 0
    for _, (_, _, _, alpha) in media.read_pictures(tmp_path / "out.mkv"):
        assert (alpha[44:52, 60:68] == 255).all()
        assert (alpha[:8, :8] == 0).all()


@pytest.mark.parametrize("count", [3, 5])
def test_masks_must_be_as_many_as_frames(tmp_path: Path, count: int) -> None:
    media.write_video(tmp_path / "in.mkv", 4)
    media.write_masks(tmp_path / "masks", count)
    with pytest.raises(SourceError, match="masks"):
        job(tmp_path / "in.mkv", tmp_path / "out.mkv", masks=str(tmp_path / "masks"))
    assert rest(tmp_path, "in.mkv", "masks") == []


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    peaks = []
    for count in (40, 40, 160):
        media.write_video(tmp_path / "in.mkv", count, 96, 128, audio=1)
        gc.collect()
        tracemalloc.start()
        job(tmp_path / "in.mkv", tmp_path / "out.mkv", overwrite=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The first run also imports; 120 more frames of 18 kB and their alphas would be 8 MB.
    assert peaks[2] - peaks[1] < 1_500_000


def test_the_frames_held_at_once_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, written, most = [0], [0], [0]
    decode, write = VideoSource._frame, VideoSink.write

    def counting(self: VideoSource, *arguments: Any) -> Frame:
        made[0] += 1
        return decode(self, *arguments)

    def slowly(self: VideoSink, *arguments: Any) -> None:
        threading.Event().wait(0.01)
        written[0] += 1
        most[0] = max(most[0], made[0] - written[0])
        write(self, *arguments)

    monkeypatch.setattr(VideoSource, "_frame", counting)
    monkeypatch.setattr(VideoSink, "write", slowly)
    media.write_video(tmp_path / "in.mkv", 60)
    job(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert written[0] == 60
    # Three boxes, what pass 2 has begun, and one more in the hands of each of the other stages.
    assert most[0] <= 3 * DEPTH + 5 + min(available(), MOST_REFINERS)


def test_a_real_person_is_found_by_the_nets(
    tmp_path: Path, clip: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.segmenter import open_segmenter

    monkeypatch.setattr("models.matting.open_segmenter", open_segmenter)
    trim = Trim(Fraction(1), Fraction(1, 5))
    out = tmp_path / "out.mkv"
    outcome = job(clip("meeting_360p.mp4"), out, trim=trim)
    assert outcome.verdicts[0].ok
    for _, (*_, alpha) in media.read_pictures(out):
        assert 0.1 < (alpha == 255).mean() < 0.8
        assert (alpha == 0).mean() > 0.1


def test_sound_that_must_be_encoded_again_comes_along_to_its_end(tmp_path: Path) -> None:
    media.write_video(tmp_path / "in.mkv", 25, audio=2)
    outcome = job(tmp_path / "in.mkv", tmp_path / "out.webm")
    assert outcome.verdicts[0].ok
    with av.open(str(tmp_path / "out.webm")) as container:
        lengths = []
        for track in container.streams.audio:
            assert track.codec_context.name in {"opus", "libopus"}
            container.seek(0)
            frames = list(container.decode(track))
            lengths.append(sum(frame.samples for frame in frames) / frames[0].sample_rate)
    assert lengths == [pytest.approx(1, abs=0.06)] * 2
