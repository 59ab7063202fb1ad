"""Parameters in a file and back: a plain ``.npz`` of numbers, which cannot run code when it is read."""

from __future__ import annotations

import errno
import io
import math
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, ShapeError, shown

__all__ = ["load_parameters", "save_parameters"]

# What a member may take beside its numbers: NumPy's header is 128 bytes for all that is written here.
_HEADER, _LONGEST_ENTRY = 4096, 1024


def save_parameters(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a model's ``state_dict()`` to a file: parameters, and the running statistics of batch normalisation.

    The file is written beside its place and then moved there, so that a run that is cut off leaves the old one whole.
    ``numpy.load(path)`` reads it too. The same numbers give the same bytes.

    Args:
        model: anything with a ``state_dict()``, or that mapping itself.
        path: where to; the name is used as it is, no suffix is added. ``.npz`` is usual.

    Raises:
        ArgumentError: a number is not finite, or the model has no parameters; nothing is written.
        OSError: as Python's ``open`` raises it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_parameters({"W1": np.eye(2), "b1": 0.5}, f"{folder}/model.npz")
        ...     sorted(np.load(f"{folder}/model.npz"))
        ['W1', 'b1']
    """
    state = {name: _numbers(name, x) for name, x in _state_of(model).items()}
    target = Path(path)
    _refuse_directory(target)
    target = Path(os.path.realpath(target))  # a link stays a link
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            if target.exists():
                shutil.copymode(target, temporary)
            with zipfile.ZipFile(file, "w") as archive:  # `numpy.savez` takes the name "file" for its own argument
                for name, numbers in state.items():
                    content = io.BytesIO()
                    np.lib.format.write_array(content, numbers, allow_pickle=False)
                    archive.writestr(zipfile.ZipInfo(name + ".npy"), content.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def load_parameters(model: Any, path: str | os.PathLike[str]) -> None:
    """Read what :func:`save_parameters` wrote into a model of the same shape.

    The whole file is checked first; if anything is wrong with it the model stays as it was. Nothing in a file can run
    code, and no more is read than the model has room for.

    Args:
        model: has a ``state_dict()`` and a ``load_state_dict()``; its names and shapes are what the file must have.
        path: the file; no suffix is added.

    Raises:
        ArgumentError: this is no such file, is cut off or damaged, or has other names than the model, or numbers that
            are not finite.
        ShapeError: an array has another shape than the model's.
        OSError: as Python's ``open`` raises it: there is no such file, it is a directory, it may not be read.

    Example:
        >>> import tempfile
        >>> from autograd.nn import MLP
        >>> model, other = MLP(2, [3, 1]), MLP(2, [3, 1])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_parameters(model, f"{folder}/model.npz")
        ...     load_parameters(other, f"{folder}/model.npz")
        >>> other([1.0, 2.0]) == model([1.0, 2.0])
        True
    """
    expected = _state_of(model)
    place = Path(path)
    if not place.exists():
        near = place.with_name(place.name + ".npz")
        hint = f"no such file; did you mean {near.name!r}?" if near.exists() else "no such file"
        raise FileNotFoundError(errno.ENOENT, hint, str(place))
    _refuse_directory(place)
    with place.open("rb") as file:
        found = _read(file, place.name, {name: np.shape(x) for name, x in expected.items()})
    model.load_state_dict({name: _like(it, found[name]) for name, it in expected.items()})


def _refuse_directory(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a directory; give the name of a file in it", str(path))


def _state_of(model: Any) -> Mapping[str, Any]:
    state = model if isinstance(model, Mapping) else getattr(model, "state_dict", dict)()
    if not state:
        raise ArgumentError(f"{type(model).__name__} has no parameters; give a module, or its state_dict()")
    if isinstance(state.get("optimiser"), str):  # a model has numbers under its names
        raise ArgumentError(
            f"this is the state of the optimiser {state['optimiser']}, and only a model's parameters are saved here; "
            "give the model; optimiser.state_dict() is a dict of numbers and arrays to be kept by other means"
        )
    return state


def _numbers(name: str, x: Any) -> NDArray[Any]:
    numbers = np.asarray(x)
    if numbers.dtype.kind not in "fiu":
        raise ArgumentError(f"{shown(name)} holds {numbers.dtype}, not numbers; autograd.data() reads arrays of Values")
    if not np.isfinite(numbers).all():
        raise ArgumentError(f"{shown(name)} holds {_first_bad(numbers)}; a model with that is of no use, nothing saved")
    return numbers


def _like(expected: Any, numbers: NDArray[Any]) -> Any:
    """The numbers as the model keeps them: an array, or a single float or int."""
    if isinstance(expected, np.ndarray | np.generic):
        return np.asarray(numbers, dtype=expected.dtype)
    return type(expected)(numbers.item()) if isinstance(expected, int | float) else numbers


def _read(file: IO[bytes], where: str, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[Any]]:
    """The arrays of a file. The archive's own sizes are looked at before anything of that size is read or made."""
    room = {name: 8 * math.prod(shape) + _HEADER for name, shape in shapes.items()}
    size = os.fstat(file.fileno()).st_size
    most = sum(room.values()) + _LONGEST_ENTRY * (len(room) + 1) + 4 * sum(map(len, room))
    start = file.read(8)
    file.seek(0)
    if not start.startswith(b"PK"):
        raise ArgumentError(f"{where}: {_what_it_is(start)}, no .npz of parameters")
    if size > most:
        raise ArgumentError(f"{where} has {size} bytes; this model's parameters take {most} at most: not read")
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive.infolist(), where, room)
            # No more than `file_size` is read, which has been looked at, and zipfile compares the checksum.
            return {
                name: _array(archive.read(info), f"{where}: {shown(name)}", shapes[name])
                for name, info in members.items()
            }
    except (ArgumentError, ShapeError):
        raise
    except Exception as error:  # a damaged archive makes zipfile raise almost anything
        raise ArgumentError(f"{where} is cut off or damaged: {error}") from error


def _what_it_is(start: bytes) -> str:
    """What a file that is no zip file is, by its first bytes."""
    if not start:
        return "this file is empty"
    if start.startswith(b"\x93NUMPY"):
        return "this is a single NumPy array (.npy)"
    if start[0] == 0x80 and start[1:2] <= b"\x05":
        return "this is a pickle, which could run code and is not read"
    return f"this starts with {start[:4]!r}"


def _members(infos: list[zipfile.ZipInfo], where: str, room: Mapping[str, int]) -> dict[str, zipfile.ZipInfo]:
    """The members by name, none of them read yet: exactly those that the model has, and no larger."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name == info.filename:
            raise ArgumentError(f"{where} holds {shown(name)}, which is no .npy array")
        if name not in room:
            near = get_close_matches(name[:100], list(room)[:1000], n=1, cutoff=0.5)
            names = ", ".join([*map(shown, list(room)[:4]), *["..."] * (len(room) > 4)])
            hint = f"did you mean {shown(near[0])}?" if near else f"it has {names}"
            raise ArgumentError(f"{where} holds {shown(name)}, which this model has not; {hint}")
        if members.setdefault(name, info) is not info:
            raise ArgumentError(f"{where} holds {shown(name)} twice")
        if info.file_size > room[name]:
            raise ArgumentError(
                f"{where}: {shown(name)} unpacks to {info.file_size} bytes; there is room for {room[name]}"
            )
        if info.flag_bits & 1:
            raise ArgumentError(f"{where}: {shown(name)} is encrypted")
    missing = [name for name in room if name not in members]
    if missing:
        names = ", ".join(map(shown, missing[:3])) + (", ..." if len(missing) > 3 else "")
        raise ArgumentError(f"{where} holds {len(infos)} of this model's {len(room)} arrays; {names} missing")
    return members


def _array(content: bytes, what: str, expected: tuple[int, ...]) -> NDArray[Any]:
    """One array. The shape that it states is looked at before anything of that size is made."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    except Exception as error:  # a header is an expression, and a broken one can raise anything
        raise ArgumentError(f"{what} is no NumPy array: {error}") from error
    if dtype.hasobject:
        raise ArgumentError(f"{what} holds objects, which only a pickle can; it could run code: not read")
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise ArgumentError(f"{what} holds {dtype}, not 64-bit numbers or smaller ones")
    if shape != expected:
        raise ShapeError(f"{what} has shape {shape}; in this model it has shape {expected}")
    count, rest = math.prod(shape), len(content) - file.tell()
    if rest != dtype.itemsize * count:
        raise ArgumentError(f"{what} has {rest} bytes for {count} numbers of {dtype}")
    numbers: NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
    if not np.isfinite(numbers).all():
        raise ArgumentError(f"{what} holds {_first_bad(numbers)}; the model stays as it was")
    return numbers


def _first_bad(numbers: NDArray[Any]) -> str:
    at = np.argwhere(~np.isfinite(numbers))[0].tolist()
    return f"{numbers[tuple(at)]}" + (f" at [{', '.join(map(str, at))}]" if at else "")
