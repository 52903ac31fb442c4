"""Settings given as text, checked against the dataclasses that declare them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.bounds import Bounds, PixelsByClass
from defectstudio.domain.errors import SettingError
from defectstudio.domain.files import read_json, read_plain
from defectstudio.domain.generators import PRESETS, Kind
from defectstudio.domain.segmenters import SEGMENTER_PRESETS

T = TypeVar("T")


def settings(kind: type[T], given: Mapping[str, Any], base: T | None = None) -> T:
    """An instance of the dataclass `kind`: `base` (default: its defaults) with `given` put in.

    Values may be text, as from a command line. Raises SettingError, which names the field, what
    it may be and what was given; for an unknown name it names the close ones.
    """
    reject_unknown(given, kind)
    plain = {field.name: getattr(base, field.name) for field in fields(kind)} if base else {}  # type: ignore[arg-type]
    try:
        return TypeAdapter(kind).validate_python({**plain, **given})
    except ValidationError as error:
        raise _explain(kind, error) from error


def spread(given: Mapping[str, Any], *kinds: type[Any]) -> list[dict[str, Any]]:
    """`given` dealt out over several dataclasses by field name. Raises SettingError."""
    reject_unknown(given, *kinds)
    return [
        {name: value for name, value in given.items() if name in _names(kind)} for kind in kinds
    ]


def reject_unknown(given: Mapping[str, Any], *kinds: type[Any]) -> None:
    """Raise SettingError for a name that none of the dataclasses has."""
    known = [name for kind in kinds for name in _names(kind)]
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3) or known
            raise SettingError(
                "there is no setting of this name",
                subject=name,
                remedy=f"Did you mean {' or '.join(close)}?"
                if len(close) <= 3
                else f"There are: {', '.join(close)}.",
            )


def parse_json(kind: type[T], path: Path, error: type[Exception], remedy: str) -> T:
    """The dataclass in the JSON file at `path`, validated.

    Raises `error`, one of the user errors, when the file is missing or not what it should be.
    """
    try:
        return TypeAdapter(kind).validate_json(read_plain(path))
    except (OSError, ValidationError) as cause:
        reason = _first(cause) if isinstance(cause, ValidationError) else str(cause.strerror)
        raise error(f"it cannot be read: {reason}", subject=path, remedy=remedy) from cause  # type: ignore[call-arg]


def _names(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]


def _explain(kind: type[Any], error: ValidationError) -> SettingError:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    return SettingError(
        f"it cannot be {first['input']!r}",
        subject=name,
        remedy=f"Give {_allowed(kind, name) or first['msg']}.",
    )


def _allowed(kind: type[Any], name: str) -> str:
    hint = get_type_hints(kind, include_extras=True).get(name)
    if hint is bool:
        return "true or false"
    marks = getattr(hint, "__metadata__", ())
    bounds = [one for one in marks if isinstance(one, Bounds)]
    if bounds:
        number = "a whole number" if hint.__origin__ is int else "a number"  # type: ignore[union-attr]
        return f"{number} from {_plain(bounds[0].ge)} to {_plain(bounds[0].le)}"
    if texts := [one for one in marks if isinstance(one, PixelsByClass)]:
        return texts[0].wanted
    choices = getattr(hint, "__args__", ())
    return " or ".join(str(choice) for choice in choices)


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{first['msg']} at {'.'.join(map(str, first['loc'])) or 'the start'}"


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def read_settings(source: str, model: Literal[Kind, "segmenter"]) -> dict[str, Any]:
    """The model's preset of that name, or else the settings in the JSON file.

    Raises SettingError, also for a preset that the model has not.
    """
    presets = _presets(model)
    if source in presets:
        return presets[source]
    if source in {*PRESETS, *SEGMENTER_PRESETS}:
        raise SettingError(
            f"{model} has no preset of this name",
            subject=source,
            remedy=f"Use {' or '.join(presets)}.",
        )
    path = Path(source)
    try:
        found = read_json(path)
    except (OSError, ValueError) as error:
        raise SettingError(
            f"it cannot be read: {error}",
            subject=path,
            remedy=f'Write it as {{"steps": 500}}, or name a preset: {" or ".join(presets)}.',
        ) from error
    if not isinstance(found, dict):
        raise SettingError(
            "it holds no settings", subject=path, remedy='Write it as {"steps": 500}.'
        )
    return found


def _presets(model: Literal[Kind, "segmenter"]) -> dict[str, dict[str, Any]]:
    """Settings by name."""
    if model == "segmenter":
        return SEGMENTER_PRESETS
    return {name: by_kind[model] for name, by_kind in PRESETS.items() if model in by_kind}
