"""What a broken, foreign or malicious writer makes of good files."""

from __future__ import annotations

import json
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.choices import Choices


@dataclass(frozen=True)
class Link:
    """A symbolic link; OUTSIDE stands for a folder beside the case."""

    to: str


Files = dict[str, bytes | Link]
"""POSIX path below the case's folder -> content; a path that ends in a slash is a folder."""

OUTSIDE = "../outside"

NAMES = (
    "CON.png", "a\\b.png", "A.PNG", "a.png", "e\u0301.png", "\u00e9.png", "\udcff.png", "a\n.png",
    " .png", "-x.png", "n" * 240 + ".png", ".hidden.png", "a.png.png", "%41.png", "\u202egnp.png",
    "a:b.png", "con", "good", "masks", "images", "a.tiff", "a.jpg", "a.json", "a.txt", "a.mat",
)  # fmt: skip
PATHS = (
    "../outside/bait.png", "/etc/passwd", "C:\\evil.png", "\\\\server\\share\\a.png", "a/../a.png",
    "..", ".", "", "\0", "\ud800.png", "nul", "a" * 300, "/".join("a" * 3000), "link/bait.png",
    "file:///etc/passwd", "~/.bashrc", "A.PNG", "images/../../outside/bait.png", "//a.png",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 255, 256, 65536, 10**9, 2**31, 2**53, 2**63, -(2**63), 2**64,
    10**400, 0.5, -0.5, 1e308, float("nan"), float("inf"), float("-inf"), "", "a", "1", "NaN", [],
    {}, [[]], [None], [0], {"a": 1}, "0" * 400, "9" * 5000, "\u2028", "\ud800", *PATHS,
)  # fmt: skip
TOKENS = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1", b"0", b"9" * 25, b"9" * 5000, b"1e-999",
    b"null", b"true", b"\xef\xbb\xbf", b"\xff\xfe", b"\\ud800", b"\xed\xa0\x80", b"\0", b"\r",
    b"[" * 3000, b"{\"a\":" * 3000, b"<a>" * 3000, b"&#0;", b"&#xD800;", b"&b;", b"'", b'"', b",",
    b";", b"\t", b"\n", b"0x10", b"1_000", "\u0663".encode(), b"../../outside/bait.png", b"-0.0",
    b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 500 + b'">]>', b"&a: [*a, *a]", b"!!python/object:os.x",
    b"\xe2\x80\xa8", b"]]>", b"<![CDATA[", b"# ", b": ", b"- ", b"*a", b"1" * 300, b".5", b"1e9",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_TEXT = re.compile(rb"\"[^\"\n]*\"|'[^'\n]*'")
_INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_TEXTS = frozenset({".json", ".jsonl", ".xml", ".csv", ".txt", ".yaml", ".ini"})


def spoil(files: Files, choices: Choices) -> None:
    """Change one thing in a tree of files, in place."""
    names = sorted(name for name, content in files.items() if isinstance(content, bytes))
    if not names or choices.rare(6):
        _spoil_tree(files, names, choices)
        return
    name = choices.one(names)
    content = files[name]
    assert isinstance(content, bytes)
    suffix = Path(name).suffix.lower()
    if suffix == ".json" and not choices.rare(4):
        files[name] = _spoiled_json(content, choices)
    elif suffix in _TEXTS and not choices.rare(8):
        files[name] = _spoiled_text(content, choices)
    else:
        changed = spoiled_bytes(content, choices)
        files[name] = with_checksums(changed) if choices.number(4) else changed


def spoiled_bytes(data: bytes, choices: Choices) -> bytes:  # noqa: PLR0911
    """Bytes flipped, cut, doubled, overwritten by numbers at the edges of their types."""
    at = choices.number(len(data) + 1)
    end = min(len(data), at + 1 + choices.number(16))
    how = choices.number(8)
    if how == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << choices.number(8)]) + data[at + 1 :]
    if how == 1:
        return data[:at]
    if how == 2:
        return data[:at] + data[end:]
    if how == 3:
        return data[:end] + data[at:end] * choices.number(64) + data[end:]
    if how == 4:
        order = choices.one("<>") + choices.one("BHIQ")
        size = struct.calcsize(order)
        value = choices.one(_INTERESTING) & (1 << 8 * size) - 1
        return data[:at] + struct.pack(order, value) + data[at + size :]
    if how == 5:
        return data[:at] + bytes(choices.number(256) for _ in range(end - at)) + data[end:]
    if how == 6:
        return data[:at] + choices.one(TOKENS) + data[at:]
    return data[:at] + bytes([choices.number(256)]) + data[at + 1 :]


def with_checksums(data: bytes) -> bytes:
    """A PNG with right checksums, so that what was changed is read; other bytes as they are."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + length]
        if len(body) < length + 4 or at + 12 + length > len(data):
            break
        parts.append(data[at : at + 4] + body + zlib.crc32(body).to_bytes(4, "big"))
        at += 12 + length
    return b"".join(parts) + data[at:]


def _spoiled_json(content: bytes, choices: Choices) -> bytes:
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return _spoiled_text(content, choices)
    box = [whole]
    node: Any = box
    key: Any = 0
    while isinstance(node[key], dict | list) and node[key] and not choices.rare(12):
        node = node[key]
        key = choices.one(sorted(node)) if isinstance(node, dict) else choices.number(len(node))
    how = choices.number(10)
    if how == 0:
        del node[key]
    elif how == 1 and isinstance(node, dict):
        node[str(choices.one(VALUES))[:400]] = node[key]
    elif how == 2 and isinstance(node, list):
        node[key:key] = [node[key]] * (1 + choices.number(200))
    elif how == 3:
        for _ in range(choices.one((1, 50, 400))):
            node[key] = [node[key]]
    else:
        node[key] = choices.one(VALUES)
    text = json.dumps(box[0] if box else None, ensure_ascii=not choices.rare(4))
    return text.encode("utf-8", "surrogatepass")


def _spoiled_text(content: bytes, choices: Choices) -> bytes:
    how = choices.number(6)
    found = list((_NUMBER if how < 3 else _TEXT).finditer(content))
    if how < 5 and found:
        place = choices.one(found)
        token = choices.one(TOKENS) if how < 4 else choices.one(PATHS).encode("utf-8", "ignore")
        start, end = (place.start() + (how > 2), place.end() - (how > 2))
        return content[:start] + token + content[end:]
    if how == 5 and choices.rare(4):
        encoding = choices.one(("utf-16", "cp1252", "utf-32"))
        return content.decode("utf-8", "replace").encode(encoding, "replace")
    return spoiled_bytes(content, choices)


def _spoil_tree(files: Files, names: list[str], choices: Choices) -> None:
    how = choices.number(8)
    if not names or how == 0:
        files[choices.one(NAMES)] = b"".join(files[name] for name in names[:1])  # type: ignore[misc]
        return
    name = choices.one(names)
    content = files.pop(name)
    if how == 1:
        return
    if how == 2:
        files[Path(name).with_name(choices.one(NAMES)).as_posix()] = content
    elif how == 3:
        files[name], twin = content, Path(name)
        files[twin.with_name(twin.name.swapcase()).as_posix()] = content
    elif how == 4:
        places = (f"{OUTSIDE}/bait.png", OUTSIDE, name.rpartition("/")[2], "nowhere", "/dev/zero")
        files[name] = Link(choices.one(places))
    elif how == 5:
        files[f"{name}/"] = b""
    elif how == 6:
        other = choices.one(names)
        files[name] = files.get(other, b"")
    else:
        files[name] = b""
