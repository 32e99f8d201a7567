"""`python -m portico.cli` is the command `portico`."""

import sys

from portico.cli import main

sys.exit(main())
