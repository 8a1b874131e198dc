"""Whether the first row of a file is made of names, or is a row of data because the file has no header."""

from __future__ import annotations

import re
from collections.abc import Sequence

from customers.importing.words import header_of, word_of

# Numbers, dates, months, phone numbers and codes of letters and digits: what people do not call a column.
VALUE = re.compile(r"[-+¥]?\d[\d,]*(\.\d+)?(E[-+]?\d+)?|\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?.*|月)?|1[3-9]\d[\d*]{8}")
LEAST_SHARE = 3  # a third of the cells


def looks_like_data(cells: Sequence[str]) -> bool:
    """Tell whether at least two of the cells, and a third of those filled, are values."""
    words = [word for word in map(word_of, cells) if word]
    values = [word for word in words if VALUE.fullmatch(word)]
    return len(values) >= 2 and len(values) * LEAST_SHARE >= len(words)


def ignored(headers: Sequence[str], used: Sequence[int], derived_from: Sequence[str]) -> list[str]:
    """Return the named columns of a file that fill nothing, as people wrote them."""
    places = set(used)
    return [
        header.strip()
        for place, header in enumerate(headers)
        if place not in places and header not in derived_from and header_of(header).name
    ]
