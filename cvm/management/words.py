"""Find every translatable text in code and templates without the gettext tools, and keep the catalogues complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.template.base import Lexer, Token, TokenType
from django.utils.text import smart_split

SKIPPED = {".venv", ".git", ".state", "node_modules", "tests", "migrations", "__pycache__"}
SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]?\d*(?:\.\d+)?[a-z]|%%|\{\w*\}")
PLURAL_FORMS = {"zh_Hans": "nplurals=1; plural=0;", "en": "nplurals=2; plural=(n != 1);"}
HEADER = {"Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit", "MIME-Version": "1.0"}


@dataclass
class Message:
    """One translatable text: its plural and context when it has them, and the files that use it."""

    text: str
    plural: str = ""
    context: str = ""
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.text


def extract(root: Path) -> dict[tuple[str, str], Message]:
    """Return every message of the project's Python files and templates, by context and text."""
    found: dict[tuple[str, str], Message] = {}
    for path in sources(root):
        reader = from_python if path.suffix == ".py" else from_template
        for message in reader(path.read_text(encoding="utf-8")):
            known = found.setdefault(message.key, message)
            known.plural = known.plural or message.plural
            known.files.add(path.relative_to(root).as_posix())
    return found


def sources(root: Path) -> list[Path]:
    """Return the files with words for people, in a stable order."""
    paths = (path for suffix in ("*.py", "*.html") for path in root.rglob(suffix))
    return sorted(path for path in paths if not SKIPPED & set(path.relative_to(root).parts))


def from_python(text: str) -> Iterator[Message]:
    """Yield the messages of Python code: calls with constant texts."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield from _call(node)


def _call(node: ast.Call) -> Iterator[Message]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if name in SINGULAR and texts:
        yield Message(texts[0])
    elif name in PLURAL and len(texts) >= 2:
        yield Message(texts[0], plural=texts[1])
    elif name in CONTEXT and len(texts) >= 2:
        yield Message(texts[1], context=texts[0])


def from_template(text: str) -> Iterator[Message]:
    """Yield the messages of a template: translate and blocktranslate, with plurals."""
    block: _Block | None = None
    for token in Lexer(text).tokenize():
        words = list(smart_split(token.contents)) if token.token_type == TokenType.BLOCK else [""]
        if block is None and words[0] in ("blocktranslate", "blocktrans"):
            block = _Block(is_trimmed="trimmed" in words, context=_context(words))
        elif block is None:
            yield from _tag(words)
        elif words[0] in ("endblocktranslate", "endblocktrans"):
            yield block.message()
            block = None
        else:
            block.take(token, words)


def _tag(words: list[str]) -> Iterator[Message]:
    if words[0] in ("translate", "trans") and len(words) > 1 and words[1][0] in "\"'":
        yield Message(words[1][1:-1].replace("%", "%%"), context=_context(words))


def _context(words: list[str]) -> str:
    return words[words.index("context") + 1][1:-1] if "context" in words[:-1] else ""


@dataclass
class _Block:
    """A blocktranslate being read."""

    is_trimmed: bool
    context: str
    parts: list[str] = field(default_factory=list)
    first: str | None = None

    def take(self, token: Token, words: list[str]) -> None:
        """Add text, a variable as placeholder, or start the plural."""
        if words[0] == "plural":
            self.first, self.parts = self._text(), []
        elif token.token_type == TokenType.VAR:
            self.parts.append(f"%({token.contents})s")
        elif token.token_type == TokenType.TEXT:
            self.parts.append(token.contents.replace("%", "%%"))

    def message(self) -> Message:
        """Return the whole as one message."""
        if self.first is None:
            return Message(self._text(), context=self.context)
        return Message(self.first, plural=self._text(), context=self.context)

    def _text(self) -> str:
        text = "".join(self.parts)
        return " ".join(line.strip() for line in text.strip().splitlines()) if self.is_trimmed else text


def update(catalogue: Path, messages: Iterable[Message], *, language: str, words: dict[str, str]) -> list[str]:
    """Write a catalogue with exactly these messages; keep what is translated, take the rest from `words`.

    English says what the code says. Returns the texts that still have no translation.
    """
    known = _read(catalogue)
    fresh = polib.POFile(wrapwidth=120)
    fresh.metadata = {**HEADER, "Language": language, "Plural-Forms": PLURAL_FORMS[language]}
    for message in sorted(messages, key=lambda message: (message.text, message.context)):
        fresh.append(_entry(message, known.get(message.key), language=language, words=words))
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    fresh.save(str(catalogue))
    return [entry.msgid for entry in fresh if not _is_complete(entry)]


def _read(catalogue: Path) -> dict[tuple[str, str], polib.POEntry]:
    if not catalogue.exists():
        return {}
    return {(entry.msgctxt or "", entry.msgid): entry for entry in polib.pofile(str(catalogue))}


def _entry(message: Message, known: polib.POEntry | None, *, language: str, words: dict[str, str]) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.text,
        msgctxt=message.context or None,
        occurrences=[(name, "") for name in sorted(message.files)],
        flags=["python-format"] if "%(" in message.text else [],
    )
    told = known.msgstr if known and not message.plural else ""
    many = known.msgstr_plural if known and message.plural else {}
    if not message.plural:
        entry.msgstr = message.text if language == "en" else words.get(message.text) or told
        return entry
    entry.msgid_plural = message.plural
    if language == "en":
        entry.msgstr_plural = {0: message.text, 1: message.plural}
    else:
        entry.msgstr_plural = {0: words.get(message.plural) or words.get(message.text) or many.get(0, "")}
    return entry


def _is_complete(entry: polib.POEntry) -> bool:
    return all(entry.msgstr_plural.values()) if entry.msgid_plural else bool(entry.msgstr)


def problems(catalogue: Path, messages: dict[tuple[str, str], Message]) -> list[str]:
    """Return what is wrong with a catalogue: missing, obsolete, empty, or with other placeholders than the text."""
    known = _read(catalogue)
    found = [f"missing: {text}" for context, text in messages if (context, text) not in known]
    for key, entry in known.items():
        if key not in messages:
            found.append(f"obsolete: {entry.msgid}")
        elif not _is_complete(entry):
            found.append(f"empty: {entry.msgid}")
        elif not _has_same_placeholders(entry):
            found.append(f"placeholders differ: {entry.msgid}")
    return found


def _has_same_placeholders(entry: polib.POEntry) -> bool:
    # A plural form may leave out a number the singular writes as a word, so plurals compare with the plural text.
    pairs = [(entry.msgid, entry.msgstr)] if not entry.msgid_plural else _plural_pairs(entry)
    return all(set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(told)) for text, told in pairs)


def _plural_pairs(entry: polib.POEntry) -> list[tuple[str, str]]:
    forms = entry.msgstr_plural
    if len(forms) == 1:
        return [(entry.msgid_plural, forms[0])]
    return [(entry.msgid, forms[0]), (entry.msgid_plural, forms[1])]
