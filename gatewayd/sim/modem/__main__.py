"""`python -m gatewayd.sim.modem`: the simulated modem by itself."""

import argparse
import sys

from gatewayd.errors import GatewaydError
from gatewayd.sim.modem.arguments import DESCRIPTION, add_arguments, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m gatewayd.sim.modem", description=DESCRIPTION)
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except GatewaydError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
