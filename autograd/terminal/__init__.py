"""The stepper in a terminal: what ``autograd step`` runs.

`shell` reads lines and finds the command that is meant, `commands` says what each does, `words` holds their names and
the help, `screen` wraps and colours, `line_editing` completes and remembers.
"""

from .commands import walk

__all__ = ["walk"]
