"""The command `dealerwatch`: one file per group of commands, exit codes in `app`."""

from streams.cli.app import main

__all__ = ["main"]
