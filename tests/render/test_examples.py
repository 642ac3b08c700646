"""The examples for the documents can be made by one command."""

from pathlib import Path

import pytest

from gatewayd.render import examples


def test_examples_hold_every_mail_and_picture(tmp_path: Path) -> None:
    assert examples.main([str(tmp_path)]) == 0
    for language in ("id", "en"):
        made = {path.name for path in (tmp_path / language).iterdir()}
        assert {"receipt.eml", "approval.html", "report.eml", "report-412.png", "report-1.png"} <= made
        assert all(path.stat().st_size for path in (tmp_path / language).iterdir())


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert examples.main([]) == 2
    assert "usage" in capsys.readouterr().err
