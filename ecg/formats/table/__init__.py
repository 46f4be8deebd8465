"""Tables: text with a column a lead and a row a sample, as programs, devices and people write it.

One file a noun: the text (encoding, lines, bounds), its layout (preamble, separator, decimal sign, names and units),
the rows as numbers, the shape of values, the columns by name, unit and values, times and their clock, and the reader,
which puts these together.
"""

from ecg.formats.table.reader import open_table

__all__ = ["open_table"]
