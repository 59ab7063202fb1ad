"""Parameters go to a file and back; whatever is wrong with a file leaves the model as it was."""

from __future__ import annotations

import io
import os
import pickle
import struct
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd.errors import ArgumentError, AutogradError, ShapeError
from autograd.nn import MLP
from autograd.nn.optim import Adam
from autograd.nn.saving import load_parameters, save_parameters


class Model:
    """The least that has a state: an array, a vector and a counter, as batch normalisation has one."""

    def __init__(self, start: float = 0.0) -> None:
        self.state: dict[str, Any] = {
            "W1": np.full((2, 3), start),
            "b1": np.full(3, start),
            "scale": start,
            "num_batches_tracked": int(start),
        }

    def state_dict(self) -> dict[str, Any]:
        return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in self.state.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.state = dict(state)


def npy(numbers: Any) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asarray(numbers), allow_pickle=True)
    return content.getvalue()


GOOD = {"W1": npy(np.ones((2, 3))), "b1": npy(np.ones(3)), "scale": npy(1.0), "num_batches_tracked": npy(7)}


def written(path: Path, changes: dict[str, bytes | None] | None = None, **options: Any) -> Path:
    """A file with the right members, but for some."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in {**GOOD, **(changes or {})}.items():
            if content is not None:
                archive.writestr(f"{name}.npy" if "." not in name else name, content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.npz"


def refused(path: Path, message: str, kind: type[Exception] = ArgumentError) -> None:
    model = Model(0.5)
    before = model.state_dict()
    with pytest.raises(kind, match=message) as failure:
        load_parameters(model, path)
    assert "model" in str(failure.value)  # the file's name
    assert model.state.keys() == before.keys()
    for name, numbers in before.items():
        np.testing.assert_array_equal(model.state[name], numbers)


def test_round_trip(path: Path) -> None:
    one, other = Model(), Model()
    rng = np.random.default_rng(0)
    one.state.update(W1=rng.normal(size=(2, 3)), b1=rng.normal(size=3) * 1e-300, scale=0.1 + 0.2, num_batches_tracked=3)
    save_parameters(one, path)
    load_parameters(other, path)
    for name, numbers in one.state.items():
        np.testing.assert_array_equal(other.state[name], numbers)
        assert type(other.state[name]) is type(numbers)


def test_a_network_comes_back(path: Path) -> None:
    model, other = MLP(3, [4, 2]), MLP(3, [4, 2])
    save_parameters(model, path)
    load_parameters(other, str(path))
    assert [p.data for p in other.parameters()] == [p.data for p in model.parameters()]
    with pytest.raises(AutogradError):
        load_parameters(MLP(3, [5, 2]), path)


def test_numpy_reads_it_and_its_own_files_are_read(path: Path) -> None:
    model = Model(2.0)
    save_parameters(model, path)
    with np.load(path, allow_pickle=False) as found:
        assert {name: found[name].tolist() for name in found} == {
            k: np.asarray(v).tolist() for k, v in model.state.items()
        }
    W1 = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.savez_compressed(path, W1=W1, b1=np.ones(3, ">f4"), scale=2, num_batches_tracked=1)
    load_parameters(model, path)
    assert model.state["W1"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert model.state["scale"] == 2.0


def test_the_name_is_used_as_it_is(tmp_path: Path) -> None:
    save_parameters(Model(), tmp_path / "weights")
    assert os.listdir(tmp_path) == ["weights"]
    save_parameters(Model(), tmp_path / "model.npz")
    with pytest.raises(FileNotFoundError, match=r"did you mean 'model.npz'"):
        load_parameters(Model(), tmp_path / "model")


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_parameters(Model(1.5), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", ["file", "a/b", "../W1", "W1[0]", "Ω"])
def test_any_name_will_do(path: Path, name: str) -> None:
    model = Model()
    model.state = {name: np.ones(2)}
    save_parameters(model, path)
    model.state = {name: np.zeros(2)}
    load_parameters(model, path)
    assert model.state[name].tolist() == [1.0, 1.0]


def test_a_save_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_parameters(Model(1.0), path)
    before = path.read_bytes()
    bad = Model(2.0)
    bad.state["b1"][1] = np.inf
    with pytest.raises(ArgumentError, match=r"b1 holds inf at \[1\]"):
        save_parameters(bad, path)

    def cut_off(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        save_parameters(Model(2.0), path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["model.npz"]


def test_permissions_are_kept(path: Path) -> None:
    save_parameters(Model(), path)
    path.chmod(0o640)
    save_parameters(Model(), path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        save_parameters(Model(), tmp_path)
    with pytest.raises(ArgumentError, match="no parameters"):
        save_parameters(object(), tmp_path / "x")
    with pytest.raises(ArgumentError, match="object"):
        save_parameters({"W": np.array([None])}, tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        save_parameters(Model(), tmp_path / "nowhere" / "x")
    assert os.listdir(tmp_path) == []


def test_missing_files_and_directories(path: Path) -> None:
    refused(path, "no such file", FileNotFoundError)
    path.mkdir()
    refused(path, "directory", IsADirectoryError)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (pickle.dumps({"W1": 1.0}), "pickle, which could run code"),
        (npy(np.ones(3)), "single NumPy array"),
        (b"not at all a file", "starts with b'not '"),
        (b"PK\x03\x04 and then nothing", "cut off or damaged"),
    ],
)
def test_other_files(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    refused(path, message)


def test_every_truncation_is_refused(path: Path) -> None:
    save_parameters(Model(1.0), path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        refused(path, "cut off or damaged|empty|starts with")


def test_every_changed_byte_is_refused_or_harmless(path: Path) -> None:
    save_parameters(Model(1.0), path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 5):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        model = Model(1.0)
        with suppress(AutogradError):  # nothing else
            load_parameters(model, path)
        assert np.asarray(model.state["W1"]).tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize(
    ("changes", "message", "kind"),
    [
        ({"b1": None, "b2": GOOD["b1"]}, r"b2, which this model has not; did you mean b1\?", ArgumentError),
        ({"b1": None}, "3 of this model's 4 arrays; b1 missing", ArgumentError),
        ({"extra": GOOD["b1"]}, "extra, which this model has not", ArgumentError),
        ({"W1": npy(np.ones((3, 2)))}, r"W1 has shape \(3, 2\); in this model it has shape \(2, 3\)", ShapeError),
        ({"b1": npy(np.ones(600))}, "b1 unpacks to 4928 bytes; there is room for 4120", ArgumentError),
        ({"b1": npy([1.0, np.nan, 2.0])}, r"b1 holds nan at \[1\]", ArgumentError),
        ({"b1": npy([1.0, 2.0, -np.inf])}, r"b1 holds -inf at \[2\]", ArgumentError),
        ({"b1": npy(np.array([1, "x", None], dtype=object))}, "b1 holds objects", ArgumentError),
        ({"b1": npy(["a", "b", "c"])}, "b1 holds <U1, not", ArgumentError),
        ({"b1": npy([1j, 2, 3])}, "b1 holds complex128, not", ArgumentError),
        ({"b1": b""}, "b1 is no NumPy array", ArgumentError),
        ({"b1": b"\x93NUMPY\x01\x00\x05\x00junk("}, "b1 is no NumPy array", ArgumentError),
        ({"b1": GOOD["b1"][:-1]}, "b1 has 23 bytes for 3 numbers", ArgumentError),
        ({"b1": GOOD["b1"] + b"!"}, "b1 has 25 bytes for 3 numbers", ArgumentError),
        ({"readme.txt": b"hello"}, "readme.txt, which is no .npy array", ArgumentError),
        ({"../../b.npy": GOOD["b1"]}, "which this model has not", ArgumentError),
    ],
)
def test_wrong_members(path: Path, changes: dict[str, bytes | None], message: str, kind: type[Exception]) -> None:
    refused(written(path, changes), message, kind)


def test_an_array_that_claims_to_be_huge_is_never_made(path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }\n"
    claim = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    refused(written(path, {"b1": claim}), r"shape \(1000000000000000,\)", ShapeError)


def test_a_name_that_comes_twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own, of the double name
        for name in ("W1", "b1", "b1"):
            archive.writestr(f"{name}.npy", GOOD[name])
    refused(path, "b1 twice")


def test_a_zip_bomb_is_not_unpacked(path: Path) -> None:
    written(path, {"b1": bytes(10_000_000)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 20_000
    refused(path, "b1 unpacks to 10000000 bytes; there is room for")


def test_a_bomb_that_lies_about_its_size(path: Path) -> None:
    written(path, {"b1": bytes(1_000_000)}, compression=zipfile.ZIP_DEFLATED)
    content = path.read_bytes().replace(struct.pack("<I", 1_000_000), struct.pack("<I", 152))
    path.write_bytes(content)
    refused(path, "damaged")


def test_a_file_that_is_too_large_is_not_opened(path: Path) -> None:
    written(path)
    with path.open("ab") as file:
        file.truncate(10_000_000)
    refused(path, "has 10000000 bytes; this model's parameters take")


def test_an_optimiser_is_not_saved_here(tmp_path: Path) -> None:
    adam = Adam(MLP(2, [1]).parameters())
    for given in (adam, adam.state_dict()):
        with pytest.raises(ArgumentError, match=r"state of the optimiser Adam.* give the model"):
            save_parameters(given, tmp_path / "adam.npz")
        with pytest.raises(ArgumentError, match="state of the optimiser Adam"):
            load_parameters(given, __file__)
    assert not list(tmp_path.iterdir())
