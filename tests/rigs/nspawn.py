"""A machine with its own systemd and journal, for what only they can show: the unit, its limits, its credentials.

systemd-nspawn boots an overlay of this machine's root, or of a bare Debian tree, in about a second; nothing stays.
The network is this machine's. Not enforced inside: DeviceAllow and MemoryMax. Everything is mounted in a mount
namespace of its own, so that a test that is killed leaves no mount behind.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gatewayd import notify
from tests.system.rig import wait_for

PROJECT: Final = Path(__file__).parents[2]
#: Debian's own interpreter, of the version that the packages of the tests are for; the unit sees no /root and no /home.
_PYTHON: Final = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
_MOUNT: Final = """
set -e
cd "$1"; lower=$2; shift 2
mount -t tmpfs -o mode=755 tmpfs disk
mkdir disk/upper disk/work disk/root
mount -t overlay -o "lowerdir=$lower,upperdir=disk/upper,workdir=disk/work" overlay disk/root
rm -rf disk/root/dev/* disk/root/run/* disk/root/etc/machine-id disk/root/etc/gatewayd disk/root/var/log/journal
cp -a payload/. disk/root/
exec systemd-nspawn --quiet --directory=disk/root --boot --register=no --keep-unit --resolv-conf=off --link-journal=no \
    --kill-signal=SIGRTMIN+3 "$@" -- --unit=basic.target
"""


def cannot_run() -> str:
    """Why such a machine cannot be booted here; '' if it can."""
    if os.geteuid() != 0:
        return "systemd-nspawn needs root"
    if shutil.which("systemd-nspawn") is None:
        return "systemd-nspawn is not installed (apt-get install systemd-container)"
    if not _PYTHON.exists():
        return f"there is no {_PYTHON} (the tests run on another version than Debian's)"
    if notify.MISSING:
        return "systemd-python is not installed (./scripts/test installs it)"
    overlay = "mount -t overlay -olowerdir=/,upperdir=u,workdir=w none m"
    trial = f"mount -t tmpfs none /mnt && cd /mnt && mkdir u w m && {overlay}"
    done = subprocess.run(["unshare", "--mount", "sh", "-c", trial], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"no overlay can be mounted here: {done.stderr.strip()}"


class Machine:
    """A booted one. `root` is its file system as this machine sees it."""

    def __init__(self, process: subprocess.Popen[bytes], pid: int) -> None:
        self._process, self._pid = process, pid
        self.root = Path(f"/proc/{pid}/root")

    def run(self, *command: str, check: bool = True, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """One command inside, as root."""
        done = subprocess.run(
            ["nsenter", "--target", str(self._pid), "--all", "--", *command],
            capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "COLUMNS": "120"},
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(
                f"{' '.join(command)}: exit {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """A file inside; its folder is made."""
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text, encoding="utf-8")
        there.chmod(mode)

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        done = self.run("systemctl", *arguments, check=False)
        if check and done.returncode != 0:
            story = self.run("journalctl", "--no-pager", "--lines=40", check=False).stdout
            raise AssertionError(f"systemctl {' '.join(arguments)}: exit {done.returncode}: {done.stderr}{story}")
        return done.stdout

    def shows(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a unit."""
        said = self.systemctl("show", unit, *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def main_pid(self, unit: str) -> int:
        """The unit's process, as this machine counts; 0 if there is none."""
        inside = self.shows(unit, "MainPID")["MainPID"]
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text(encoding="utf-8", errors="replace")
                is_ours = (status.parent / "ns/pid").readlink() == Path(f"/proc/{self._pid}/ns/pid").readlink()
            except OSError:
                continue
            found = re.search(r"^NSpid:.*\t(\d+)$", text, re.MULTILINE)
            if is_ours and found and found[1] == inside and inside != "0":
                return int(status.parent.name)
        return 0

    def journal(self, *matches: str) -> list[dict[str, Any]]:
        """Entries of the journal, oldest first."""
        said = self.run("journalctl", "--output=json", "--all", "--no-pager", *matches).stdout
        return [json.loads(line) for line in said.splitlines()]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


@contextmanager
def machine(folder: Path, *binds: str, lower: Path = Path("/")) -> Iterator[Machine]:
    """Boot one on an overlay of `lower`, with `folder`/payload copied into it. `binds` are --bind options."""
    for name in ("disk", "payload"):
        (folder / name).mkdir(exist_ok=True)
    console = folder / "console.log"
    with console.open("wb") as out:
        process = subprocess.Popen(
            ["unshare", "--mount", "--propagation=private", "sh", "-c", _MOUNT, "sh", str(folder), str(lower), *binds],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        pid = wait_for("systemd in the container", lambda: _leader(process, console))
        booted = Machine(process, pid)
        wait_for("systemd's readiness", lambda: "basic.target" in _units(booted))
        yield booted
        booted.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def _leader(process: subprocess.Popen[bytes], console: Path) -> int:
    """The process that is 1 inside; 0 while there is none."""
    if process.poll() is not None:
        raise AssertionError(f"systemd-nspawn ended: {console.read_text(encoding='utf-8', errors='replace')[-2000:]}")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    for child in map(int, children):
        if Path(f"/proc/{child}/comm").read_text(encoding="ascii").strip() == "systemd":
            return child
    return 0


def _units(booted: Machine) -> str:
    command = ("systemctl", "list-units", "--type=target", "--state=active", "--plain", "--no-legend")
    return booted.run(*command, check=False).stdout


def install_as_it_is(payload: Path) -> list[str]:
    """What the package installs, in no time: /opt/gatewayd out of this checkout and the packages of the tests.

    `/usr/lib/gatewayd/host-setup host` inside does the rest. Returns the binds that `machine` needs."""
    # Else the links /lib and /usr/sbin of the tree below would be hidden by folders.
    (payload / "usr/lib").mkdir(parents=True)
    (payload / "lib").symlink_to("usr/lib")
    subprocess.run([PROJECT / "packaging/files", payload], check=True)
    venv = payload / "opt/gatewayd"
    inside = venv / "lib" / _PYTHON.name / "site-packages"
    inside.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", encoding="utf-8")
    (venv / "bin/python").symlink_to(_PYTHON)
    (inside / "project.pth").write_text("/opt/project\n/opt/packages\n", encoding="utf-8")
    script = venv / "bin/gatewayd"
    script.write_text(
        "#!/opt/gatewayd/bin/python\nfrom gatewayd.cli import main\nraise SystemExit(main())\n", encoding="utf-8"
    )
    script.chmod(0o755)
    packages = sysconfig.get_path("platlib")
    return [f"--bind-ro={packages}:/opt/packages", f"--bind-ro={PROJECT}:/opt/project"]
