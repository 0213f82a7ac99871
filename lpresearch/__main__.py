"""``python -m lpresearch`` is the command line."""

import sys

from lpresearch.cli import main

if __name__ == "__main__":
    sys.exit(main())
