"""The command ``python -m assl_utils.ask "…"``: the door to `assl_utils.routing.ask`."""

import sys

from assl_utils.routing.ask import main

if __name__ == "__main__":
    sys.exit(main())
