"""Files of records, read row by row with every fault at its line.

`reading` knows CSV, JSON lines and JSON; `sheets` gives the rows of a spreadsheet as CSV has them.
"""

from sync.inbound.files.reading import FileFault, Row, digest, endings, payloads, read, read_stream

__all__ = ["FileFault", "Row", "digest", "endings", "payloads", "read", "read_stream"]
