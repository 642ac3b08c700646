"""`gatewayd run`: the daemon, in the foreground."""

import argparse
import asyncio
import os
import resource
from functools import partial

from gatewayd import log
from gatewayd.cli.options import Verbs, add_verb, settings_of
from gatewayd.config import load
from gatewayd.errors import GatewaydError, InUse


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
    except Exception as error:
        if (found := _in_use(error)) is not None:
            raise found from None
        # One entry of the journal, where a traceback on stderr would be thirty.
        log.get_logger().critical("daemon.crashed", exc_info=True)
        return 1


def _in_use(error: BaseException) -> InUse | None:
    """Another gatewayd is in the way, as one of the daemon's tasks found out."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for each in error.exceptions if (found := _in_use(each)) is not None), None)
    return error if isinstance(error, InUse) else None
