"""Every setting with its default and meaning, as a page for people, made from the model.

Committed as docs/settings.md; a test fails when it is not current.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from schemas.plugged import Plugged
from schemas.settings import Settings

_HEAD = """\
# Settings

Defaults work. Each setting can be given, the later beating the earlier, in a YAML file
(`--config FILE`), as an environment variable (`DEALERWATCH_`, the name in capitals, `__` for the
dot) or as `--set NAME=VALUE`. Unknown names and impossible values are refused at the start.
Durations are written `90s`, `15m`, `1h`, `1d`.

```yaml
tick: 15m
budget:
  false_alerts_per_week: 5        # DEALERWATCH_BUDGET__FALSE_ALERTS_PER_WEEK=5
```

This page is made from the code: `dealerwatch schema --settings > docs/settings.md`.
"""


def settings_reference() -> str:
    """The page, in Markdown."""
    fields = Settings.model_fields
    alone = {name: field for name, field in fields.items() if _group(field) is None}
    sections = [_HEAD, *_section("Without a group", alone, "")]
    for name, field in fields.items():
        group = _group(field)
        if group is not None:
            about = (group.__doc__ or "").strip()
            sections += _section(f"`{name}`: {about}", group.model_fields, f"{name}.")
    about = "One of `detectors`, in the YAML file only"
    return "\n".join([*sections, *_section(about, Plugged.model_fields, "")])


def _section(title: str, fields: dict[str, FieldInfo], prefix: str) -> Iterator[str]:
    yield f"## {title.rstrip('.')}\n\n| setting | default | meaning |\n|---|---|---|"
    for name, field in fields.items():
        meaning = " ".join((field.description or "").split()).replace("|", r"\|")
        yield f"| `{prefix}{name}` | {_default(field)} | {meaning} |"
    yield ""


def _group(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, SecretStr) or value in (None, "", (), {}):
        return "none"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
