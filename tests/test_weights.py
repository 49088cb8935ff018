"""Weights files are checked before they are believed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from models.weights import WEIGHTS, WeightsError, digest, load_weights


def _folder(tmp_path: Path, data: bytes, listed: str | None = None) -> Path:
    (tmp_path / "net.safetensors").write_bytes(data)
    line = f"{listed or digest(data)}  net.safetensors\n"
    (tmp_path / "SHA256SUMS").write_text(line, encoding="ascii")
    return tmp_path


def test_tensors_come_back_as_float32(tmp_path: Path) -> None:
    data = save({"a": torch.tensor([0.5, -2.0], dtype=torch.float16)})
    loaded = load_weights("net", _folder(tmp_path, data))
    assert loaded["a"].dtype == np.float32
    assert loaded["a"].tolist() == [0.5, -2.0]


@pytest.mark.parametrize("name", ["selfie_general", "selfie_landscape"])
def test_committed_weights_match_their_checksums(name: str) -> None:
    assert load_weights(name)


def test_one_flipped_bit_is_refused(tmp_path: Path) -> None:
    data = bytearray(save({"a": torch.zeros(4)}))
    expected = digest(bytes(data))
    data[-1] ^= 1
    with pytest.raises(WeightsError, match=r"net\.safetensors is damaged"):
        load_weights("net", _folder(tmp_path, bytes(data), expected))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net\.safetensors is missing"):
        load_weights("net", tmp_path)


def test_missing_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.safetensors").write_bytes(b"")
    with pytest.raises(WeightsError, match="SHA256SUMS is missing"):
        load_weights("net", tmp_path)


def test_unlisted_file_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, b"x")
    (folder / "SHA256SUMS").write_text("", encoding="ascii")
    with pytest.raises(WeightsError, match="does not list"):
        load_weights("net", folder)


def test_listed_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no safetensors file"):
        load_weights("net", _folder(tmp_path, b"not tensors"))


def test_every_error_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        load_weights("net", tmp_path)
    assert "\n" not in str(caught.value)


def test_every_weights_file_is_listed() -> None:
    listed = (WEIGHTS / "SHA256SUMS").read_text(encoding="ascii")
    assert all(path.name in listed for path in WEIGHTS.glob("*.safetensors"))


def test_every_file_of_weights_has_a_card_or_a_line_of_where_it_comes_from() -> None:
    told = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    for path in WEIGHTS.glob("*.safetensors"):
        assert f"`{path.name}`" in told
        if f"see `{path.stem}.md`" in told:
            assert path.with_suffix(".md").exists()
