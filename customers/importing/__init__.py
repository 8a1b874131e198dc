"""Files come in: read as text, parsed by us, accounted for row by row (see docs/MAP.md)."""
