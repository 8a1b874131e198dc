"""In what a text file is written: what the template declares, else strict UTF-8 over the whole file, else GB18030.

The order matters: half of all short UTF-8 names are valid GB18030 (RELIABILITY F-52). UTF-8 is checked to the last byte
before the first row is read. GB18030 is checked strictly at the start and then while it is read: a file that stops
being GB18030 later on is refused with the same words, before anything of it is stored.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from customers.importing import guards
from customers.importing.errors import EncodingDeclaredWrong, EncodingUnknown, FileDamaged, TextUnpacksTooLarge

BLOCK_BYTES = 4 << 20
START_BYTES = 1 << 20
UTF_8, UTF_8_BOM, GB18030, UTF_16 = "utf-8", "utf-8-sig", "gb18030", "utf-16"
# Chinese subsets are read as what they are subsets of.
DECLARED = {"gbk": GB18030, "gb2312": GB18030, "gb18030": GB18030, "utf-8": UTF_8, "utf-8-sig": UTF_8, "utf-16": UTF_16}


@dataclass(frozen=True)
class Survey:
    """What one pass over the bytes of a text file tells."""

    encoding: str
    has_quotes: bool


def survey(path: Path, *, declared: str = "", packed: bool = False) -> Survey:
    """Find out the encoding, and whether any cell is quoted; raises EncodingUnknown or EncodingDeclaredWrong."""
    wanted = _declared(declared)
    checker = _Utf8()
    has_quotes = False
    start = b""
    with opened(path, packed=packed) as file:
        while block := file.read(BLOCK_BYTES):
            start = start or block[:START_BYTES]
            has_quotes = has_quotes or b'"' in block
            checker.feed(block)
    checker.finish()
    return Survey(_chosen(start, wanted, checker.is_utf8), has_quotes)


def opened(path: Path, *, packed: bool) -> IO[bytes]:
    """Open the bytes of a text file; a packed one is unpacked on the way, up to the size limit."""
    return _Unpacked(path) if packed else path.open("rb")  # type: ignore[return-value]


def as_utf8(path: Path, encoding: str, *, packed: bool) -> Any:
    """Return the file as a stream of UTF-8 for Arrow, whatever it is written in."""
    if encoding in (UTF_8, UTF_8_BOM) and not packed:
        return pa.input_stream(str(path), compression=None)
    return pa.PythonFile(_Transcoded(opened(path, packed=packed), encoding), mode="r")


def _declared(name: str) -> str:
    if not name:
        return ""
    try:
        known = codecs.lookup(name).name
    except LookupError:
        raise EncodingDeclaredWrong(name) from None
    if known not in DECLARED:
        raise EncodingDeclaredWrong(name)
    return DECLARED[known]


def _chosen(start: bytes, wanted: str, is_utf8: bool) -> str:
    found = _found(start, is_utf8)
    if wanted == GB18030:
        # Plain ASCII and any UTF-8 that happens to be valid GB18030 are read as declared.
        found = GB18030 if _decodes(start, GB18030) and found != UTF_8_BOM else found
    if wanted and (found.removesuffix("-sig") != wanted):
        raise EncodingDeclaredWrong(wanted)
    if not found:
        raise EncodingUnknown
    return found


def _found(start: bytes, is_utf8: bool) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    if start.startswith(codecs.BOM_UTF8):
        return UTF_8_BOM if is_utf8 else ""
    if is_utf8:
        return UTF_8
    return GB18030 if _decodes(start, GB18030) else ""


def _decodes(start: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(start)
    except UnicodeDecodeError:
        return False
    return True


class _Utf8:
    """Whether all bytes fed so far are strict UTF-8."""

    def __init__(self) -> None:
        self.is_utf8 = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, block: bytes, *, final: bool = False) -> None:
        if not self.is_utf8:
            return
        try:
            self._decoder.decode(block, final=final)
        except UnicodeDecodeError:
            self.is_utf8 = False

    def finish(self) -> None:
        self.feed(b"", final=True)


class _Unpacked(io.RawIOBase):
    """The bytes of a gzip file; raises FileDamaged or TextUnpacksTooLarge where reading it must end."""

    def __init__(self, path: Path) -> None:
        self._file = gzip.open(path)  # noqa: SIM115 closed by close()
        self._left = guards.largest_mb() * guards.MEGABYTE

    def read(self, size: int = -1) -> bytes:
        try:
            block = self._file.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise FileDamaged(error) from error
        self._left -= len(block)
        if self._left < 0:
            raise TextUnpacksTooLarge(guards.largest_mb())
        return block

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()


class _Transcoded(io.RawIOBase):
    """A file read as UTF-8 whatever it is written in, block by block."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest or (size >= 0 and len(self._rest) < size):
            block = self._file.read(BLOCK_BYTES)
            self._rest += self._decoder.decode(block, final=not block).encode()
            if not block:
                break
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()
