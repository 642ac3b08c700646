"""`gatewayd run`: the daemon, in the foreground."""

import argparse
import asyncio
import os
import resource
from functools import partial

from gatewayd import log
from gatewayd.cli.options import Verbs, add_verb, settings_of
from gatewayd.config import load
from gatewayd.errors import GatewaydError


def add_parser(verbs: Verbs) -> None:
    add_verb(
        verbs, "run", run, "Run the daemon in the foreground; SIGTERM ends it cleanly, SIGHUP takes over new settings."
    )


def run(args: argparse.Namespace) -> int:
    from gatewayd.app import run_daemon  # the daemon's parts are not loaded for other verbs

    settings = settings_of(args)
    log.setup(settings.log.level, settings.log.format)
    # What the store, a report or a core hold is nobody else's; the unit says the same.
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        return asyncio.run(run_daemon(settings, reread=partial(load, args.config)))
    except GatewaydError:
        raise
    except Exception:
        # One entry of the journal, where a traceback on stderr would be thirty.
        log.get_logger().critical("daemon.crashed", exc_info=True)
        return 1
