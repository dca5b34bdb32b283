"""Where settings come from: defaults < YAML file < environment < `--set`.

Errors are sentences people can act on.
"""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from detectors.evidence import plugged
from schemas.settings import Settings
from streams.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

_PREFIX = "DEALERWATCH_"
_TEACHES_NOBODY = {"string_pattern_mismatch", "tuple_type"}  # a pattern, a type of Python


def load(config: Path | None = None, overrides: Sequence[str] = ()) -> Settings:
    """The settings of this process.

    `config` is a YAML file, `overrides` are `name=value` as in `--set tick=15m`.
    Raises UsageError, naming the setting, the value and what is allowed.
    """
    chosen = _tree(overrides)
    written = _yaml(config)
    _known_variables(os.environ)

    try:
        environment: dict[str, Any] = EnvSettingsSource(Settings)()
        settings = Settings(**_over(_over(written, environment), chosen))
        plugged.check(settings.detectors)
    except ValidationError as error:
        raise UsageError("\n".join(_sentence(detail) for detail in error.errors())) from None
    except SettingsError as error:
        raise UsageError(f"environment: {error}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    return settings


def names(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Every setting by its dotted name."""
    for name, field in model.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            yield from names(group, f"{prefix}{name}.")
        else:
            yield prefix + name


def nearest(wrong: str, right: Iterable[str]) -> str:
    """` (did you mean …?)`, or nothing where no known word is close."""
    close = difflib.get_close_matches(wrong, list(right), n=1, cutoff=0.6)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _over(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Both trees, `high` where they disagree."""
    merged = dict(low)
    for name, value in high.items():
        beneath = merged.get(name)
        both = isinstance(value, dict) and isinstance(beneath, dict)
        merged[name] = _over(merged[name], value) if both else value
    return merged


def _tree(overrides: Sequence[str]) -> dict[str, Any]:
    """`["a.b=1"]` → `{"a": {"b": "1"}}`; the model turns texts into numbers and durations."""
    tree: dict[str, Any] = {}
    for override in overrides:
        name, equals, value = override.partition("=")
        if not equals:
            raise UsageError(f"--set {override}: write name=value, such as tick=15m")
        if name not in set(names()):
            raise UsageError(_unknown(f"--set {override}", name))
        *groups, leaf = name.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[leaf] = value
    return tree


def _yaml(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        content = yaml.safe_load(config.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--config {config}: cannot be read: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        mark, what = error.problem_mark, error.problem or error.context
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise UsageError(f"--config {config}{where}: not YAML: {what}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"--config {config}: cannot be read: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError(f"--config {config}: must be a mapping of settings, such as `tick: 15m`")
    named: dict[str, Any] = _named(content)
    return named


def _named(content: Any) -> Any:
    """The same with texts as names; YAML reads a bare `on` as true."""
    if isinstance(content, dict):
        return {"on" if k is True else str(k): _named(value) for k, value in content.items()}
    return [_named(value) for value in content] if isinstance(content, list) else content


def _known_variables(environment: Mapping[str, str]) -> None:
    known = {_PREFIX + name.upper().replace(".", "__") for name in names()}
    for variable in environment:
        name = variable.upper()
        if name.startswith(_PREFIX) and name not in known:
            near = [one for one in sorted(known) if one.startswith(f"{name}__")]
            raise UsageError(
                f"environment {variable}: no such setting{nearest(name, near or known)}"
            )


def _sentence(detail: ErrorDetails) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return _unknown("settings", name)
    value = "" if isinstance(detail["input"], dict) or "secret" in name else f" = {detail['input']}"
    return f"setting {name}{value}: {_allowed(detail, name)}"


def _allowed(detail: ErrorDetails, name: str) -> str:
    if detail["type"] in _TEACHES_NOBODY:
        return f"not allowed. {_description(Settings, name.split('.'))}"
    message = detail["msg"].removeprefix("Value error, ")
    return message.replace("Input should be", "must be", 1)


def _description(model: type[BaseModel], path: list[str]) -> str:
    field = model.model_fields[path[0]]
    group = field.annotation
    if isinstance(group, type) and issubclass(group, BaseModel):
        return _description(group, path[1:])
    return " ".join((field.description or "").split())


def _unknown(where: str, name: str) -> str:
    members = [one for one in names() if one.startswith(f"{name}.")]
    if members:
        return f"{where}: `{name}` is a group; its settings are {', '.join(members)}"
    cure = nearest(name, names()) or "; `dealerwatch schema --settings` shows them all"
    return f"{where}: there is no setting `{name}`{cure}"
