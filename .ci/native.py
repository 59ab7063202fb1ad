"""The build that compiles the engine with mypyc, where ``HATCH_BUILD_HOOKS_ENABLE=1 pip install .`` asks for it.

The same modules are compiled that are otherwise run as they are, and they stay in the wheel beside what was made of
them, for whoever reads the source. Nothing is written into the source tree.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# `ops.py` is not among them: rules are bound to floats by way of their bytecode.
MODULES = ("backward", "graph", "op", "operators", "special", "value")

# mypyc has no weak references for its classes. `Value` gets them in the C code: a place behind its own fields for the
# list of them, and the call that ends them before a node is freed.
_SIZE, _FREEING = "sizeof(autograd___engine___value___ValueObject)", "CPy_TRASHCAN_BEGIN(self, value___Value_dealloc)"
WEAK_REFERENCES = {
    f".tp_basicsize = {_SIZE},": f".tp_basicsize = {_SIZE} + sizeof(PyObject *), .tp_weaklistoffset = {_SIZE},",
    _FREEING: f"{_FREEING} PyObject_ClearWeakRefs((PyObject *)self);",
}

# mypyc hands `del v.data` to the property's setter, as a null pointer that it reads. Here it is refused as Python does.
_SETTER = re.compile(r"(___(\w+?)_set_(\w+)\(\w+ \*self, PyObject \*value, void \*closure\)\s*\{)(?=\s*char retval)")
_REFUSAL = r"""\1
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "property '\3' of '\2' object has no deleter");
        return -1;
    }"""


def _mended(code: str) -> str:
    """The C code that mypyc wrote, with what it lacks; what is looked for has to be there."""
    for before, after in WEAK_REFERENCES.items():
        if code.count(before) != 1:
            raise LookupError(f"this mypyc writes other C code than version 2.4: {before} is not in it once")
        code = code.replace(before, after)
    code, setters = _SETTER.subn(_REFUSAL, code)
    if not setters:
        raise LookupError("this mypyc writes other C code than version 2.4: no setter of a property was found")
    return code


class Native(BuildHookInterface):  # type: ignore[misc]  # hatchling has no types
    """Puts the compiled modules into a wheel for this Python and this platform."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is put together."""
        if version == "editable":
            raise SystemExit(
                "an editable install follows the source and is not compiled: leave out -e, or the variable"
            )
        self.scratch = Path(tempfile.mkdtemp())
        try:
            made = self._compiled()
        except (Exception, SystemExit) as error:
            shutil.rmtree(self.scratch)
            raise SystemExit(
                f"the engine was not compiled: {error}\n"
                "This takes a C compiler and Python's headers (on Debian: apt-get install gcc libc6-dev python3-dev).\n"
                "Without them install the package as pure Python: leave HATCH_BUILD_HOOKS_ENABLE unset, pip install ."
            ) from error
        build_data.update(pure_python=False, infer_tag=True)
        build_data["force_include"].update({str(path): str(path.relative_to(self.scratch / "lib")) for path in made})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what is in the wheel now."""
        shutil.rmtree(self.scratch)

    def _compiled(self) -> list[Path]:
        from mypyc.build import mypycify
        from setuptools import Distribution

        os.chdir(self.root)
        modules = [f"autograd/engine/{name}.py" for name in MODULES]
        # The types were checked by `.ci/run`, with NumPy's; here they only have to be known.
        options = [
            "--config-file=",
            "--follow-imports=silent",
            "--ignore-missing-imports",
            f"--cache-dir={self.scratch / 'cache'}",
        ]
        extensions = mypycify(
            [*options, *modules], debug_level="0", group_name="autograd", target_dir=str(self.scratch / "c")
        )
        source = self.scratch / "c" / "__native_autograd.c"
        source.write_text(_mended(source.read_text(encoding="utf-8")), encoding="utf-8")
        if os.name == "posix":
            for extension in extensions:  # a * b + c rounded once would give other digits than Python does
                extension.extra_compile_args.append("-ffp-contract=off")
        command: Any = Distribution({"name": "autograd", "ext_modules": extensions}).get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(self.scratch / "lib"), str(self.scratch / "temp")
        command.ensure_finalized()
        command.run()
        return [path for path in (self.scratch / "lib").rglob("*") if path.is_file()]
