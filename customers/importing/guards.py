"""What a file is by its first bytes, and what makes us refuse it before it is opened (RELIABILITY F-50, F-51, S-46).

Nothing is unpacked here: a workbook is judged by its central directory, the packing list at the end of a zip archive.
Declared sizes can lie; what reads the workbook afterwards is a child process with limits of its own (sheets.py).
"""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from customers.importing.errors import (
    ArchiveLies,
    ArchiveNested,
    ArchiveTooFull,
    FileDamaged,
    FileEmpty,
    FileKindUnknown,
    FileMissing,
    FileSuspicious,
    FileTooLarge,
    FileWrongKind,
    WorkbookEncrypted,
)

TEXT, GZIP, XLSX, XLS, PARQUET = "text", "gzip", "xlsx", "xls", "parquet"
KINDS = {".csv": TEXT, ".txt": TEXT, ".gz": GZIP, ".xlsx": XLSX, ".xls": XLS, ".parquet": PARQUET}
HEAD_BYTES = 4096
MEGABYTE = 1024**2
GREATEST_UNPACKED_BYTES = 2 * 1024**3
GREATEST_RATIO = 200  # ordinary workbooks unpack to 5–20 times their size, wholly repetitive ones to 100
SMALL_BYTES = 10 * MEGABYTE
MOST_MEMBERS = 1_000
DEFLATE_RATIO = 1_032  # no deflated byte becomes more than this
END_OF_DIRECTORY, END_BYTES = b"PK\x05\x06", 22
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ARCHIVES = (".zip", ".gz", ".7z", ".rar", ".jar", ".tar", ".xlsx", ".xlsm", ".xlsb", ".docx", ".bz2", ".xz")
MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (OLE, "ole"),
    (b"PAR1", PARQUET),
    (b"\x1f\x8b", GZIP),
    (b"%PDF", "pdf"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"BZh", "archive"),
)
MARKUP = ((b"<!doctype", "html"), (b"<html", "html"), (b"<table", "html"), (b"<head", "html"), (b"<?xml", "xml"))


def kind_of(path: Path) -> str:
    """Return text, gzip, xlsx, xls or parquet when name, size and first bytes agree; raises a named ImportRefused."""
    if not path.is_file():
        raise FileMissing(path)
    size = path.stat().st_size
    if size == 0:
        raise FileEmpty
    limit = largest_mb()
    if size > limit * MEGABYTE:
        raise FileTooLarge(size // MEGABYTE, limit)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise FileKindUnknown(path.suffix.lower())
    found = _found(path)
    if kind == XLSX and found in (XLSX, "zip"):
        check_archive(path)
    if found != kind:
        if kind == XLSX and found == "encrypted":
            raise WorkbookEncrypted
        raise FileWrongKind(path.suffix.lower(), f"found:{'ole' if found == 'encrypted' else found}")
    return kind


def largest_mb() -> int:
    """Return the largest file taken, in MB: CVM_IMPORT_LARGEST_MB."""
    return int(settings.CVM_IMPORT_LARGEST_MB)


def check_archive(path: Path) -> None:
    """Refuse an archive by its packing list: too many, too large, nested or contradictory members."""
    try:
        _check_count(path)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileDamaged(error) from error
    for member in members:
        _check_member(member)
    _check_overlap(members)
    unpacked = sum(member.file_size for member in members)
    times = unpacked // max(path.stat().st_size, 1)
    if unpacked > GREATEST_UNPACKED_BYTES or (times > GREATEST_RATIO and unpacked > SMALL_BYTES):
        raise FileSuspicious(times)


def _check_count(path: Path) -> None:
    """Look at the number of members before their list is read: the list itself could be the bomb."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(file.tell() - (END_BYTES + 0xFFFF), 0))
        tail = file.read()
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0 or len(tail) < at + END_BYTES:
        raise zipfile.BadZipFile("no end of the packing list")
    members = int.from_bytes(tail[at + 10 : at + 12], "little")
    if members > MOST_MEMBERS:
        raise ArchiveTooFull(members, MOST_MEMBERS)


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename.lower()
    if name.endswith(ARCHIVES):
        raise ArchiveNested(member.filename[-60:])
    most = member.compress_size * DEFLATE_RATIO + DEFLATE_RATIO
    least = member.compress_size - member.compress_size // 100 - 1024
    if stat.S_ISLNK(member.external_attr >> 16) or not least <= member.file_size <= most:
        raise ArchiveLies(member.filename[-60:])


def _check_overlap(members: list[zipfile.ZipInfo]) -> None:
    """Refuse members that share their packed bytes, the trick of bombs that need few of them."""
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise ArchiveLies(member.filename[-60:])
        end = member.header_offset + member.compress_size


def _found(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        magic = next((kind for start, kind in MAGIC if head.startswith(start)), "")
        if magic == "zip":
            return XLSX if _has_workbook(path) or not zipfile.is_zipfile(path) else "zip"
        if magic == "ole":
            return _ole(file)
    if magic == GZIP:
        _check_gzip(path)
    return magic or _text_or_not(head)


def _has_workbook(path: Path) -> bool:
    try:
        _check_count(path)
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _ole(file: BinaryIO) -> str:
    """Tell old workbooks from other Office documents by the names of their streams, which are UTF-16."""
    file.seek(0)
    names = {"EncryptedPackage": "encrypted", "Workbook": XLS, "Book": XLS}
    kept = b""
    found = set()
    while block := file.read(MEGABYTE):
        kept = kept[-64:] + block
        found |= {kind for name, kind in names.items() if f"{name}\0".encode("utf-16-le") in kept}
    return "encrypted" if "encrypted" in found else XLS if XLS in found else "ole"


def _check_gzip(path: Path) -> None:
    try:
        with gzip.open(path) as file:
            file.read(1)
    except (OSError, EOFError, zlib.error) as error:
        raise FileDamaged(error) from error


def _text_or_not(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    markup = next((kind for word, kind in MARKUP if start.startswith(word)), "")
    if markup:
        return markup
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return TEXT
    return "binary" if head.count(0) * 10 > len(head) else TEXT
