"""``python -m autograd`` is the command ``autograd``."""

import sys


def main() -> int:
    """Run the command line of this process; Ctrl-C ends it in silence even before there is anything to run."""
    try:
        from .cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
