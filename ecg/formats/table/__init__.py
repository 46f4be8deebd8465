"""Tables: text with a column a lead and a row a sample, as programs, devices and people write it.

One file a noun: the text (encoding, lines, bounds), its layout (the shape of rows, the heading, the preamble), the rows
as numbers, the columns by name, unit and values, times, their clock and the timeline of the rows, the scale of the
leads, and the reader, which puts these together.
"""

from ecg.formats.table.reader import open_table

__all__ = ["open_table"]
