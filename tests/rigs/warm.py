"""A warm process that gives birth to daemons: a fork in place of a start of Python, so that a life costs tens of
milliseconds before its first commit.

In: a JSON line an order on stdin. Out: a JSON line an answer on stdout. Each child is the real `run_daemon` with its
real store, links and stages; what children of the sandbox do is done in place, bells rest shortly, and a
planted bug or a step to end at is put in (steps.py, plants.py).
"""

import asyncio
import ctypes
import gc
import importlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from gatewayd import app, log, sandbox
from gatewayd.config import Settings, load
from gatewayd.errors import GatewaydError, SandboxError, StoreError
from gatewayd.stages.bells import Bells
from gatewayd.store import database, keeper
from tests.rigs.plants import PLANTS
from tests.rigs.steps import Act, Steps

_CHILDREN: Final = (
    "gatewayd.stages.compose_child", "gatewayd.wire.reading", "gatewayd.wire.markdown", "gatewayd.wire.listing",
    "gatewayd.render.png", "encodings.idna", "smtplib", "PIL.PngImagePlugin",
)  # fmt: skip
#: Steps of a bell's rest: what comes in a storm may come together in tests, too, but not seconds late.
_REST_S: Final = 0.02
_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    for name in _CHILDREN:
        with suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    _say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "live":
            _say({"pid": _bear(order)})
        else:
            _say({"status": _status(order["pid"])})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _status(pid: int) -> int | None:
    """The exit status (minus the signal) of a child; None while it lives."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _bear(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            _detach(Path(order["log"]))
            code = _life(order)
        except BaseException as error:
            os.write(2, f"the life failed: {error!r}\n".encode())
        finally:
            os._exit(code)
    return pid


def _detach(log_file: Path) -> None:
    """Own output, and gone with the parent."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    out = os.open(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, target)


def _life(order: dict[str, Any]) -> int:
    """`gatewayd run`, from here on."""
    if order.get("gate"):
        # Whoever wants to trace this life opens the gate once he is attached.
        os.close(os.open(order["gate"], os.O_RDONLY))
    _remember_databases()
    sandbox._call = _in_place
    Bells.listen = _restless  # type: ignore[method-assign]
    if order.get("checkpoint"):
        # The log is copied into the store after so many frames: a short life must come to it, too.
        keeper._LONG = order["checkpoint"]  # type: ignore[misc]
    for name in order.get("plants", ()):
        PLANTS[name]()
    settings = load(Path(order["config"]))
    log.setup("info", "json")
    steps = _steps(order)
    try:
        return _run(settings, partial(load, Path(order["config"])), steps)
    except GatewaydError as error:
        os.write(2, f"gatewayd: {error}\n".encode())
        return 1
    except Exception:
        log.get_logger().critical("daemon.crashed", exc_info=True)
        return 1
    finally:
        if steps is not None and order.get("places"):
            Path(order["places"]).write_text(json.dumps(steps.seen), encoding="utf-8")


def _run(settings: Settings, reread: Callable[[], Settings], steps: Steps | None) -> int:
    def new_loop() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        if steps is not None:
            loop.set_task_factory(steps)
        return loop

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(app.run_daemon(settings, reread=reread))


def _steps(order: dict[str, Any]) -> Steps | None:
    if "act" not in order:
        return None
    told = Path(order["told"])
    acts: dict[str, Act | None] = {
        "count": None, "kill": _kill, "cancel": partial(_cancel, told), "stop": partial(_stop, told),
    }  # fmt: skip
    return Steps(order["place"], order["occurrence"], acts[order["act"]])


def _kill(task: asyncio.Task[Any]) -> None:
    os._exit(137)


def _cancel(told: Path, task: asyncio.Task[Any]) -> None:
    """Cancel the task that is at this step, once the step is over; then see whether the store still takes work."""
    told.write_text("cancelled", encoding="utf-8")
    loop = asyncio.get_running_loop()
    loop.call_soon(task.cancel)
    loop.call_later(0.1, lambda: _probing.append(loop.create_task(_probe(told))))


async def _probe(told: Path) -> None:
    """A transaction of our own: it needs the lock, and that no other is open."""
    word = "free"
    try:
        async with asyncio.timeout(3):
            for db in _databases:
                await db.run(lambda conn: None)
    except (TimeoutError, StoreError, sqlite3.Error) as error:
        word = f"locked: {error!r}"
    except ValueError:
        word = "closed"
    told.write_text(word, encoding="utf-8")  # noqa: ASYNC240


def _stop(told: Path, task: asyncio.Task[Any]) -> None:
    """SIGTERM at this step."""
    told.write_text("stopped", encoding="utf-8")
    os.kill(os.getpid(), signal.SIGTERM)


async def _in_place(target: str, data: bytes, limits: sandbox.Limits, file: BinaryIO | None = None) -> bytes:
    """The sandbox's call without its child."""
    await asyncio.sleep(0)
    module, _, function = target.partition(":")
    try:
        answer: bytes = getattr(importlib.import_module(module), function)(data)
    except Exception as error:
        raise SandboxError(f"{target}: {error!r}") from error
    if file is None:
        return answer
    file.write(answer)
    file.flush()
    return b""


_databases: list[database.Database] = []
_probing: list[asyncio.Task[None]] = []


def _remember_databases() -> None:
    opened = database.Database.__init__

    def remembered(db: database.Database, *arguments: Any) -> None:
        opened(db, *arguments)
        _databases.append(db)

    database.Database.__init__ = remembered  # type: ignore[method-assign]


_listen = Bells.listen


def _restless(bells: Bells, bell: Any, rest_s: float = 0.0) -> Any:
    return _listen(bells, bell, min(rest_s, _REST_S))


if __name__ == "__main__":
    main()
