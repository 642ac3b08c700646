"""The package on a bare Debian 12 tree under its own systemd: install, use, upgrade, refused downgrade, removal.

Minutes long, since the tree and the package are made first: `./scripts/soak host` runs it.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs import nspawn
from tests.rigs.nspawn import PROJECT, Machine
from tests.system.rig import wait_for

REASON = nspawn.cannot_run()
if not REASON and not os.environ.get("GATEWAYD_SOAK_HOST"):
    REASON = "minutes long: ./scripts/soak host"
if not REASON and shutil.which("mmdebstrap") is None:
    REASON = "mmdebstrap is not installed (apt-get install mmdebstrap)"
pytestmark = [pytest.mark.system, pytest.mark.skipif(bool(REASON), reason=REASON), pytest.mark.timeout(1200)]

#: What the package depends on, and a system that boots.
PACKAGES = "systemd,systemd-sysv,dbus,udev,python3,python3-venv,python3-systemd,fonts-dejavu-core"
STATE = "var/lib/gatewayd"
MINIMAL = '[gateway]\nstate_dir = "/var/lib/gatewayd"\nstaff = []\n\n[approval]\nsteps = []\n'


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A Debian as it comes, with the package's file in /root."""
    folder = tmp_path_factory.mktemp("bare")
    tree = Path(os.environ.get("GATEWAYD_BARE_TREE", folder / "debian"))
    if not tree.exists():
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=apt", f"--include={PACKAGES}", "bookworm", str(tree)],
            check=True, capture_output=True,
        )  # fmt: skip
    deb = subprocess.run([PROJECT / "scripts/build-deb"], check=True, capture_output=True, text=True).stdout.strip()
    (folder / "payload/root").mkdir(parents=True)
    shutil.copy(PROJECT / deb, folder / "payload/root/gatewayd.deb")
    with nspawn.machine(folder, "--private-network", lower=tree) as machine:
        yield machine


def install(bare: Machine, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    return bare.run("dpkg", "--install", "/root/gatewayd.deb", check=check, timeout_s=300)


def schema(bare: Machine, becomes: int | None = None) -> int:
    """The version that the store says it has; `becomes` is written first."""
    write = "" if becomes is None else f"c.execute('PRAGMA user_version = {becomes}'); "
    said = bare.run(
        "python3", "-c", f"import sqlite3; c = sqlite3.connect('/{STATE}/gatewayd.sqlite'); {write}"
        "print(c.execute('PRAGMA user_version').fetchone()[0])",
    )  # fmt: skip
    return int(said.stdout)


def test_it_installs_runs_upgrades_and_goes_without_the_network(bare: Machine) -> None:
    first = install(bare)
    assert "check --probe" in first.stderr, "the result of the probe is told"
    assert "systemctl enable --now gatewayd" in first.stderr
    settings = bare.root / "etc/gatewayd/gatewayd.toml"
    example = settings.read_text(encoding="utf-8")
    assert example == (PROJECT / "config/gatewayd.toml").read_text(encoding="utf-8")
    settings.write_text(MINIMAL, encoding="utf-8")
    bare.systemctl("enable", "--now", "gatewayd")
    assert bare.shows("gatewayd", "ActiveState")["ActiveState"] == "active"
    assert "broker" not in bare.run("gatewayd", "status").stderr

    again = install(bare)
    assert settings.read_text(encoding="utf-8") == MINIMAL, "settings stay"
    assert "gatewayd.toml: valid" in again.stderr
    wait_for("it runs again", lambda: bare.shows("gatewayd", "ActiveState")["ActiveState"] == "active")

    bare.systemctl("stop", "gatewayd")
    store = bare.root / STATE / "gatewayd.sqlite"
    version = schema(bare)
    schema(bare, version + 1)
    older = install(bare, check=False)
    assert older.returncode != 0
    assert "refused" in older.stderr
    assert "newer gatewayd" in older.stderr
    schema(bare, version)
    bare.systemctl("start", "gatewayd")

    gone = bare.run("dpkg", "--purge", "gatewayd")
    assert "/var/lib/gatewayd stay" in gone.stderr
    assert store.exists()
    assert settings.exists()
    assert not (bare.root / "opt/gatewayd").exists()
    assert bare.shows("gatewayd", "LoadState")["LoadState"] == "not-found"
