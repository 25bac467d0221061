"""Formats that are not read: what they are called, by a file's ending or by how it begins, and what to do with one."""

from __future__ import annotations

import re
from pathlib import PurePath

from ontos_tui.domain.errors import InvalidInputError

_FRAME = "Write the table as Parquet with Python, such as: pandas.{read}(…).to_parquet('table.parquet')"
_LAS = (
    "a LAS file of a well log",
    "Write its curves as CSV with Python, such as: lasio.read('log.las').df().to_csv('log.csv')",
)
_ARFF = (
    "an ARFF file of Weka",
    "Write it as CSV with Weka (Save as), or with Python: scipy.io.arff.loadarff and pandas.",
)
_SPARSE = (
    "a libsvm file (label index:value …)",
    "Write it as a table with a column for each index, with Python: sklearn.datasets.load_svmlight_file",
)
_CAN = ("a log of a CAN bus (ASC)", "Decode its signals with the bus's DBC file, and export these as CSV or Parquet.")
_MATLAB = ("a MATLAB file", "Write the table in MATLAB: writetable(T, 'table.csv')")
_HDF = ("an HDF5 file", _FRAME.format(read="read_hdf"))
_MDF = ("a measurement file (MDF)", "Export its channels as CSV or Parquet, such as with asammdf.")
_NUMPY = (
    "NumPy arrays",
    "Write a table with names, such as: pandas.DataFrame(array, columns=…).to_parquet('t.parquet')",
)
_PICKLE = ("a Python pickle", "Such a file can run any program when it is opened. Write the table as Parquet.")
_R = ("R data", "Write the table in R: write.csv(table, 'table.csv', row.names = FALSE)")
_ARROW = ("an Arrow file", _FRAME.format(read="read_feather"))
_ACCESS = ("an Access database", "Export the table as CSV, and add that file.")
_ARCHIVE = ("an archive", "Unpack it, and add the folder or the files.")

BY_ENDING = {
    ".las": _LAS,
    ".arff": _ARFF,
    ".libsvm": _SPARSE,
    ".svm": _SPARSE,
    ".svmlight": _SPARSE,
    ".blf": ("a log of a CAN bus (BLF)", _CAN[1]),
    ".mat": _MATLAB,
    ".h5": _HDF,
    ".hdf5": _HDF,
    ".hdf": _HDF,
    ".nc": ("a NetCDF file", "Write the variables as a table with Python: xarray.open_dataset(…).to_dataframe()"),
    ".mf4": _MDF,
    ".mdf": _MDF,
    ".tdms": ("a LabVIEW TDMS file", "Write its channels as CSV, with DIAdem or with Python: nptdms"),
    ".npy": _NUMPY,
    ".npz": _NUMPY,
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
    ".rds": _R,
    ".rdata": _R,
    ".feather": _ARROW,
    ".arrow": _ARROW,
    ".orc": ("an ORC file", _FRAME.format(read="read_orc")),
    ".avro": ("an Avro file", "Export the table as Parquet."),
    ".sas7bdat": ("a SAS table", _FRAME.format(read="read_sas")),
    ".sav": ("an SPSS file", _FRAME.format(read="read_spss")),
    ".dta": ("a Stata file", _FRAME.format(read="read_stata")),
    ".xlsb": ("a binary workbook", "Save it as .xlsx in Excel."),
    ".numbers": ("a workbook of Numbers", "Export it as Excel (.xlsx) or CSV."),
    ".docx": ("a Word document", "Save it as PDF or text, and add its folder: each document is an item."),
    ".doc": ("a Word document", "Save it as PDF or text, and add its folder: each document is an item."),
    ".mdb": _ACCESS,
    ".accdb": _ACCESS,
    ".db": ("a database", "Export the table as CSV, and add that file."),
    ".sqlite": ("a database", "Export the table as CSV, and add that file."),
    ".dbf": ("a dBase table", "Save it as .xlsx or CSV with LibreOffice."),
    ".fits": ("a FITS file", "Write the table with Python: astropy.table.Table.read(…).write('table.csv')"),
    ".root": ("a ROOT file", "Write the tree as Parquet with Python, such as with uproot and pandas."),
    ".spc": ("a spectrum (SPC)", "Export it as text in the program that wrote it."),
    ".wfm": ("an oscilloscope's waveform", "Save it as CSV on the oscilloscope."),
    ".7z": _ARCHIVE,
    ".rar": _ARCHIVE,
    ".tar": _ARCHIVE,
    ".tgz": _ARCHIVE,
    ".xml": ("XML", "Export the table as CSV."),
    ".html": ("a web page", "Export the table as CSV."),
    ".htm": ("a web page", "Export the table as CSV."),
    ".yaml": ("YAML", "Write the rows as JSON lines (.jsonl)."),
    ".yml": ("YAML", "Write the rows as JSON lines (.jsonl)."),
}
"""Of an ending, what the file is and what to do."""

_SPARSE_LINE = re.compile(
    r"[-+]?[0-9.]+(?:[ \t]+qid:[0-9]+)?(?:[ \t]+[0-9]+:[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)+[ \t]*(?:#.*)?"
)
_PAIR = re.compile(r"[0-9]+:\S+")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}")
_LOOKED_AT = 50


def refuse_ending(name: str) -> None:
    """Raise InvalidInputError for a file whose ending says that it is not read."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    ending = ".tar" if ".tar" in suffixes[-2:] else suffixes[-1] if suffixes else ""
    if ending in BY_ENDING:
        what, advice = BY_ENDING[ending]
        raise InvalidInputError(f"{PurePath(name).name} is {what}, which is not read here.", advice)


def refuse_text(name: str, head: bytes) -> None:
    """Raise InvalidInputError for a text that is in one of these formats, whatever its name says."""
    lines = head.decode("latin-1").splitlines()[:_LOOKED_AT]
    lines = [line.strip() for line in lines if line.strip()]
    if (refused := _text_format(lines)) is not None:
        what, advice = refused
        raise InvalidInputError(f"{name} is {what}, which is not read here.", advice)


def _text_format(lines: list[str]) -> tuple[str, str] | None:
    remarks = [line.lower() for line in lines if not line.startswith(("#", "%"))]
    first = remarks[0] if remarks else ""
    if first.startswith(("~v", "~version")):
        return _LAS
    if first.startswith("@relation"):
        return _ARFF
    if any(line.startswith(("base hex", "base dec")) for line in remarks[:5]):
        return _CAN
    whole = lines[:-1] or lines  # the last one may be cut
    if not whole or not all(_SPARSE_LINE.fullmatch(line) for line in whole):
        return None
    pairs = [pair for line in whole for pair in _PAIR.findall(line)]
    return None if all(_CLOCK.fullmatch(pair) for pair in pairs) else _SPARSE
