"""All commands, and how they end: 0 done, 1 failed, 2 wrong usage or settings.

Commands import what they run inside their functions, after they have read the settings: `--help`
and wrong settings are answered at once, and a part that cannot be imported does not take the others
with it.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from streams.cli import demo, kafka, look, play, replay, schema, services, simulate
from streams.errors import OperationError, UsageError

DONE, FAILED, WRONG_USAGE = 0, 1, 2


class Commands(TyperGroup):
    """A command group in which errors become one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for; raises typer.Exit with its code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise _ended("stopped before the end", FAILED) from stop
        except Exception as error:
            known = _ending(_first_cause(error))
            if known is None:
                raise
            raise _ended(*known) from error


def _first_cause(error: Exception) -> Exception:
    """Tasks that ran together fail together: what went wrong first is in the group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _ending(error: Exception) -> tuple[str, int] | None:
    """Sentence and exit code of an expected error; None for what only a traceback explains."""
    if isinstance(error, UsageError):
        return str(error), WRONG_USAGE
    if isinstance(error, OperationError):
        return str(error), FAILED
    if _from_kafka(error):
        return f"Kafka: {type(error).__name__}: {error}", FAILED
    return None


def _ended(sentence: str, code: int) -> typer.Exit:
    print(f"dealerwatch: {sentence}", file=sys.stderr)
    return typer.Exit(code)


def _from_kafka(error: Exception) -> bool:
    """Both clients; by name, because importing them takes longer than most commands."""
    return type(error).__module__.partition(".")[0] in {"kafka", "aiokafka"}


def _show_version(asked: bool) -> None:
    if asked:
        print(f"dealerwatch {version('dealerwatch')}")
        raise typer.Exit


app = typer.Typer(
    name="dealerwatch",
    cls=Commands,
    help="Watches the trade of dealers and says when it changes.\n\n"
    "`dealerwatch demo` shows everything at work; `dealerwatch replay EVENTS --alerts FILE` tries "
    "it on your own history, without Kafka. Every setting can be given as `--set name=value`, as "
    "DEALERWATCH_NAME in the environment (`__` between group and name), or in a YAML file; "
    "`dealerwatch schema --settings` shows them all.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def _before_any_command(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """What belongs to no command; the text of the help is that of `app`."""


for group in (demo, replay, simulate, play, services, kafka, look, schema):
    app.add_typer(group.commands)


def main() -> None:
    """Entry point of the command `dealerwatch`."""
    app()
