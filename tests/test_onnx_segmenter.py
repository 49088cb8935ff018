"""Nets from ONNX files: told apart, fed rightly, and refused in one clear line."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.picture import Picture
from models.segmenter import coarse_size, open_segmenter
from models.weights import MissingExtraError, WeightsError
from stream.frame import Frame

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper, FLOAT, UINT8 = onnx.helper, onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8


def _save(path: Path, nodes: list[Any], ins: Any, outs: Any, consts: Any = (), **meta: str) -> str:
    values = [[helper.make_tensor_value_info(*value) for value in group] for group in (ins, outs)]
    graph = helper.make_graph(nodes, "net", *values, initializer=list(consts))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in meta.items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, str(path))
    return str(path)


def _ints(name: str, values: list[int]) -> Any:
    return helper.make_tensor(name, onnx.TensorProto.INT64, [len(values)], values)


def _red(path: Path, shape: list[Any], **meta: str) -> str:
    """A net whose alpha is the red channel it receives."""
    axis = 1 if shape[1] == 3 else 3
    node = helper.make_node("Slice", ["image", "start", "end", "axis"], ["alpha"])
    consts = [_ints("start", [0]), _ints("end", [1]), _ints("axis", [axis])]
    out = [*shape]
    out[axis] = 1
    return _save(path, [node], [("image", FLOAT, shape)], [("alpha", FLOAT, out)], consts, **meta)


def _picture(height: int, width: int) -> Frame:
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2, 0] = 255
    rgb[..., 1] = 128
    return Frame.from_rgb(rgb)


SHAPES = [[1, 3, 64, 64], [1, 64, 96, 3], ["n", 3, "h", "w"], ["n", "h", "w", 3], [1, 3, 128, "w"]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("size", [(180, 320), (320, 180), (1, 1), (37, 91)])
def test_alpha_lies_where_the_picture_shows_it(
    tmp_path: Path, shape: list[Any], size: tuple[int, int]
) -> None:
    alpha = open_segmenter(_red(tmp_path / "net.onnx", shape), "fast")(_picture(*size), None)
    height, width = coarse_size(*size)
    assert alpha.shape == (height, width)
    assert alpha.dtype == np.float32
    if min(size) > 1:
        assert alpha[height // 8 : height // 3, width // 8 : width // 3].min() > 0.95
        assert alpha[height * 5 // 8 :].max() < 0.05
        assert alpha[:, width * 5 // 8 :].max() < 0.05


def test_metadata_sets_the_normalisation(tmp_path: Path) -> None:
    path = _red(tmp_path / "net.onnx", [1, 3, 64, 64], mean="0,0,0", std="2,1,1")
    alpha = open_segmenter(path, "fast")(_picture(64, 64), None)
    assert abs(alpha[10, 10] - 0.5) < 0.01


def test_wrong_metadata_is_refused(tmp_path: Path) -> None:
    path = _red(tmp_path / "net.onnx", [1, 3, 64, 64], std="0,1")
    with pytest.raises(WeightsError, match="three numbers"):
        open_segmenter(path, "fast")


def _scaled(path: Path, factor: float, shift: float, channels: int) -> str:
    """Red, times `factor` plus `shift`; with two channels the first is its negative."""
    axis = [_ints("start", [0]), _ints("end", [1]), _ints("axis", [1])]
    consts = [
        *axis,
        helper.make_tensor("factor", FLOAT, [], [factor]),
        helper.make_tensor("shift", FLOAT, [], [shift]),
    ]
    last = "alpha" if channels == 1 else "subject"
    nodes = [
        helper.make_node("Slice", ["image", "start", "end", "axis"], ["red"]),
        helper.make_node("Mul", ["red", "factor"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], [last]),
    ]
    if channels == 2:
        nodes.append(helper.make_node("Neg", ["subject"], ["other"]))
        nodes.append(helper.make_node("Concat", ["other", "subject"], ["alpha"], axis=1))
    shape = [1, 3, 64, 64]
    outs = [("alpha", FLOAT, [1, channels, 64, 64])]
    return _save(path, nodes, [("image", FLOAT, shape)], outs, consts)


@pytest.mark.parametrize("channels", [1, 2])
def test_logits_are_recognised(tmp_path: Path, channels: int) -> None:
    path = _scaled(tmp_path / "net.onnx", 8, -4, channels)
    alpha = open_segmenter(path, "fast")(_picture(64, 64), None)
    expected = 1 / (1 + np.exp(-4 * channels))
    assert abs(alpha[10, 10] - expected) < 1e-3
    assert abs(alpha[50, 50] - (1 - expected)) < 1e-3


def test_uint8_input_receives_bytes(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Cast", ["image"], ["wide"], to=FLOAT),
        helper.make_node("Div", ["wide", "peak"], ["unit"]),
        helper.make_node("Slice", ["unit", "start", "end", "axis"], ["alpha"]),
    ]
    consts = [helper.make_tensor("peak", FLOAT, [], [255.0]), _ints("start", [0])]
    consts += [_ints("end", [1]), _ints("axis", [3])]
    ins, outs = [("image", UINT8, [1, 64, 64, 3])], [("alpha", FLOAT, [1, 64, 64, 1])]
    path = _save(tmp_path / "net.onnx", nodes, ins, outs, consts)
    alpha = open_segmenter(path, "fast")(_picture(64, 64), None)
    assert alpha[10, 10] == 1
    assert alpha[50, 50] == 0


def _recurrent(path: Path) -> str:
    """Gives back how often it has run since its states were new, a tenth each."""
    nodes = [
        helper.make_node("Add", ["r1i", "tenth"], ["r1o"]),
        *(helper.make_node("Identity", [f"r{n}i"], [f"r{n}o"]) for n in (2, 3, 4)),
        helper.make_node("Slice", ["src", "start", "end", "axis"], ["red"]),
        helper.make_node("Mul", ["red", "nought"], ["blank"]),
        helper.make_node("Mul", ["r1o", "downsample_ratio"], ["ratioed"]),
        helper.make_node("Add", ["blank", "ratioed"], ["pha"]),
        helper.make_node("Identity", ["src"], ["fgr"]),
    ]
    states = [f"r{n}" for n in (1, 2, 3, 4)]
    ins = [("src", FLOAT, ["b", 3, "h", "w"]), ("downsample_ratio", FLOAT, [1])]
    ins += [(f"{name}i", FLOAT, ["b", "c", f"{name}h", f"{name}w"]) for name in states]
    outs = [("fgr", FLOAT, ["b", 3, "h", "w"]), ("pha", FLOAT, ["b", 1, "h", "w"])]
    outs += [(f"{name}o", FLOAT, ["b", "c", f"{name}h", f"{name}w"]) for name in states]
    consts = [helper.make_tensor("tenth", FLOAT, [], [0.1]), _ints("start", [0])]
    consts += [_ints("end", [1]), _ints("axis", [1]), helper.make_tensor("nought", FLOAT, [], [0])]
    return _save(path, nodes, ins, outs, consts)


def test_recurrent_states_last_until_a_cut_a_reset_or_a_new_size(tmp_path: Path) -> None:
    segmenter = open_segmenter(_recurrent(tmp_path / "net.onnx"), "fast")

    def runs(picture: Picture, dt: float | None) -> int:
        return round(float(segmenter(picture, dt)[0, 0]) * 10)

    picture = _picture(36, 64)
    assert [runs(picture, dt) for dt in (None, 0.04, 0.04, None, 0.04)] == [1, 2, 3, 1, 2]
    segmenter.reset()
    assert runs(picture, 0.04) == 1
    assert runs(_picture(64, 36), 0.04) == 1


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone\.onnx is missing"):
        open_segmenter(str(tmp_path / "gone.onnx"), "fast")


def test_file_of_another_kind_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"not a net")
    with pytest.raises(WeightsError, match=r"net\.onnx cannot be loaded") as caught:
        open_segmenter(str(tmp_path / "net.onnx"), "fast")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", [[1, 4, 64, 64], [1, 3, 64], [1, 1, 64, 64]], ids=str)
def test_net_without_a_picture_input_is_refused_with_what_it_takes(
    tmp_path: Path, shape: list[Any]
) -> None:
    node = helper.make_node("Identity", ["image"], ["alpha"])
    values = [("image", FLOAT, shape)], [("alpha", FLOAT, shape)]
    with pytest.raises(WeightsError, match=r"must take one RGB picture.*image") as caught:
        open_segmenter(_save(tmp_path / "net.onnx", [node], *values), "fast")
    assert "\n" not in str(caught.value)


def test_net_that_gives_three_channels_is_refused(tmp_path: Path) -> None:
    node, shape = helper.make_node("Identity", ["image"], ["alpha"]), [1, 3, 64, 64]
    values = [("image", FLOAT, shape)], [("alpha", FLOAT, shape)]
    with pytest.raises(WeightsError, match="1 or 2 channels"):
        open_segmenter(_save(tmp_path / "net.onnx", [node], *values), "fast")


def test_missing_runtime_names_the_command_that_adds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _red(tmp_path / "net.onnx", [1, 3, 64, 64])
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"pip install -e '\.\[onnx\]'"):
        open_segmenter(path, "fast")


@pytest.mark.skipif("HAIRLINE_RVM_ONNX" not in os.environ, reason="HAIRLINE_RVM_ONNX names no file")
def test_real_recurrent_net_finds_a_real_person() -> None:
    cv2 = pytest.importorskip("cv2")
    still = Path(__file__).parents[1] / ".." / "shared" / "stills" / "twilio_person.jpg"
    if not still.exists():
        pytest.skip("no shared stills")
    picture = Frame.from_rgb(np.ascontiguousarray(cv2.imread(str(still))[..., ::-1]))
    segmenter = open_segmenter(os.environ["HAIRLINE_RVM_ONNX"], "fast")
    assert 0.2 < segmenter(picture, None).mean() < 0.35
    assert 0.2 < segmenter(picture, 0.04).mean() < 0.35
