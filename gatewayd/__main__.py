"""`python -m gatewayd` is the same as the command `gatewayd`."""

import sys

from gatewayd.cli import main

sys.exit(main())
