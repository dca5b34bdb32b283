"""`python -m streams.cli` is `dealerwatch`, also where the command is not on the path."""

from streams.cli import main

main()
