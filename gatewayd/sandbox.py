"""One way to run untrusted parsing and heavy rendering: a short-lived child with limits on memory and time.

In: "module:function" and bytes. Out: the bytes the function returned. The child gets no secrets in its
environment, limits itself (address space, CPU seconds, open files, no core) before it imports the target,
and is killed at the wall-clock limit. Whatever goes wrong in it is a SandboxError here: the input is to
blame, never the daemon. The parent decodes what comes back as strictly as anything from outside.
"""

import asyncio
import contextlib
import importlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from gatewayd.errors import SandboxError

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one child: address space in bytes, seconds of wall clock (and of CPU), bytes of its answer."""

    memory: int = 400 * MIB
    seconds: float = 10.0
    answer: int = 32 * MIB


#: One child at a time: a Raspberry Pi has little memory, and children are short.
_one_at_a_time: Final = asyncio.Semaphore(1)


async def call(target: str, payload: bytes, limits: Limits = Limits()) -> bytes:
    """Run `target` ("package.module:function", bytes → bytes) in a child. Raises SandboxError."""
    async with _one_at_a_time:
        return await _call(target, payload, limits)


async def call_into(file: BinaryIO, target: str, payload: bytes, limits: Limits = Limits()) -> None:
    """The same with the answer written to `file`, so that a big one never lies in this process. Raises SandboxError."""
    async with _one_at_a_time:
        await _call(target, payload, limits, file)


async def _call(target: str, payload: bytes, limits: Limits, file: BinaryIO | None = None) -> bytes:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "gatewayd.sandbox", target, str(limits.memory), str(int(limits.seconds) + 1),
        str(limits.answer), stdin=asyncio.subprocess.PIPE, stdout=file or asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env=_environment(), limit=limits.answer, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limits.seconds):
            answer, complaint = await child.communicate(payload)
    except TimeoutError:
        raise SandboxError(f"{target}: no answer within {limits.seconds:g} s") from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    if child.returncode != 0:
        last = complaint.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1][:200]
        raise SandboxError(f"{target}: child ended with {child.returncode}: {last}")
    if answer is not None and len(answer) > limits.answer:
        raise SandboxError(f"{target}: answer of {len(answer)} bytes")
    return answer or b""


def _environment() -> dict[str, str]:
    keep = ("PATH", "LANG", "LC_ALL", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONHASHSEED")
    return {key: os.environ[key] for key in keep if key in os.environ} | {"MALLOC_ARENA_MAX": "1"}


def _limit(memory: int, cpu_seconds: int, answer: int = resource.RLIM_INFINITY) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (answer, answer))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _complain(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """The last words of a child go to the journal: what happened and where, never what the input said."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else ""
    sys.stderr.write(f"{type(error).__name__}{place}\n")


def _child(arguments: list[str]) -> None:
    """The child's whole life: limit itself, read all of stdin, call the target, write its answer."""
    target, memory, cpu_seconds, answer_size = arguments
    _limit(int(memory), int(cpu_seconds), int(answer_size))
    sys.excepthook = _complain
    payload = sys.stdin.buffer.read()
    module, _, function = target.partition(":")
    work: Callable[[bytes], bytes] = getattr(importlib.import_module(module), function)
    answer = work(payload)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _child(sys.argv[1:])
