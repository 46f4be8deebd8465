"""Cells: which of them are numbers, times or nothing at all, one by one and in columns."""

import re
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ecg.formats.table.times import is_time

GAPS = ["", "-", "--", "?", "NaN", "nan", "NA", "N/A", "n/a", "null", "NULL", "None", "none", "inf", "-inf"]
NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
GROUPED = {
    ".": re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3}){1,5}\.\d*"),
    ",": re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3}){1,5},\d*"),
}
"""Numbers of a thousand and more, with a sign between thousands, by that before the decimals: else it may be either."""

MAX_NUMBER = 100
"""Characters."""

Column: TypeAlias = "pd.Series[float] | pd.Series[int] | pd.Series[str]"


def is_number(cell: str, decimal: str) -> bool:
    """Whether a cell is a number, with this sign before its decimals."""
    if len(cell) <= MAX_NUMBER and GROUPED[decimal].fullmatch(cell):
        return True
    if decimal != ".":
        cell = cell.replace(".", "x").replace(decimal, ".")
    return len(cell) <= MAX_NUMBER and NUMBER.fullmatch(cell) is not None


def is_value(cell: str, decimal: str) -> bool:
    """Whether it is a number or a time."""
    return is_number(cell, decimal) or is_time(cell)


def is_datum(cell: str, decimal: str) -> bool:
    """Whether it is what a column of a table holds: a value or a gap."""
    return cell in GAPS or is_value(cell, decimal)


def has_value(cells: Sequence[str], decimal: str) -> bool:
    """Whether any of a row is a value."""
    return any(is_value(cell, decimal) for cell in cells)


def numbers(column: Column, decimal: str) -> Float64[np.ndarray, "row"]:
    """The column's numbers; NaN for gaps, infinities and words."""
    if not pd.api.types.is_numeric_dtype(column):
        text = column.astype(str).str.strip().str.replace("\N{MINUS SIGN}", "-", regex=False)
        grouped = text.str.fullmatch(GROUPED[decimal]).fillna(False).astype(bool)
        if grouped.any():
            text = text.where(~grouped, text.str.replace("." if decimal == "," else ",", "", regex=False))
        if decimal != ".":
            text = text.str.replace(decimal, ".", regex=False)
        column = pd.to_numeric(text, errors="coerce")
    with np.errstate(invalid="ignore"):
        found = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)
