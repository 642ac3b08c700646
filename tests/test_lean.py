"""What the daemon loads: nothing that only lies about."""

import subprocess
import sys

import pytest

from gatewayd.lean import without


def test_the_daemon_loads_neither_rich_nor_dnspython() -> None:
    script = "import gatewayd.app, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"rich", "dns", "openpyxl", "docx", "PIL", "reportlab", "jinja2", "prometheus_client"} & set(loaded)


def test_the_optional_library_stays_importable() -> None:
    script = (
        "import json.decoder, sys; from gatewayd.lean import without; had = sys.modules['json.decoder'];"
        "without('json', 'colorsys'); import json; assert sys.modules['json.decoder'] is had"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_module_that_needs_it_says_so() -> None:
    sys.modules.pop("json.tool", None)
    with pytest.raises(ModuleNotFoundError, match="json"):
        without("json", "json.tool")
    assert "json" in sys.modules
