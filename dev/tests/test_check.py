"""`make test` itself: nothing that fails may pass unseen."""

import pytest

from dev import check


def test_a_failed_check_is_named_shows_its_output_and_fails_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    results = [check.Result("style", True, 1.0, "fine"), check.Result("types", False, 2.0, "shop/money.py:3: error")]
    assert check.summary(results, seconds=3) == 1
    said = capsys.readouterr().out
    assert "--- types ---\nshop/money.py:3: error" in said
    assert said.endswith("2 checks in 3 s, failed: types.\n")
    assert "fine" not in said


def test_all_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.summary([check.Result("style", True, 1.0, "fine")], seconds=1) == 0
    assert capsys.readouterr().out == "\n1 checks in 1 s, all passed.\n"


def test_a_check_passes_by_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "STATIC", {"good": ("true",), "bad": ("sh", "-c", "echo why; exit 3")})
    by_name = {result.name: result for result in check.static_checks({"PATH": "/usr/bin:/bin"}, 2)}
    assert by_name["good"].passed
    assert (by_name["bad"].passed, by_name["bad"].output) == (False, "why")
