"""`python -m cardiode`, where the command is not on the path."""

import sys

from cardiode.command import main

if __name__ == "__main__":
    sys.exit(main())
