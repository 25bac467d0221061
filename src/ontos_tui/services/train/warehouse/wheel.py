"""Our own trainer as a wheel: the modules that a module of ours needs, with an entry point, and nothing else of us.

It is written here without a build tool: a wheel is an archive with a list of its files. Its requirements go with the
job, pinned to what is installed here.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from io import BytesIO

from ontos_tui import __version__
from ontos_tui.platforms.databricks.table_training.run import ENTRY, PACKAGE, Wheel
from ontos_tui.platforms.local.pyfunc.code_files import needed_code

THERE = ("pandas", "pyspark", "pyarrow", "databricks", "thrift", "urllib3")
"""Libraries that a serverless job has, in versions that fit each other."""
_EPOCH = (2020, 1, 1, 0, 0, 0)
"""The time of every file, so that the same code is the same wheel."""


def build_wheel(module: str) -> Wheel:
    """The wheel of `module`, whose `main` is the entry point."""
    code = needed_code(module, THERE)
    version = __version__.replace("-", ".")
    about = f"{PACKAGE}-{version}.dist-info"
    files = {path: file.read_bytes() for path, file in code.files.items()}
    files[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {version}\n".encode()
    files[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: ontos\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{about}/entry_points.txt"] = f"[console_scripts]\n{ENTRY} = {module}:main\n".encode()
    record = "".join(f"{path},{_digest(content)},{len(content)}\n" for path, content in files.items())
    files[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return Wheel(f"{PACKAGE}-{version}-py3-none-any.whl", packed.getvalue(), code.requirements)


def _digest(content: bytes) -> str:
    plain = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={plain}"
