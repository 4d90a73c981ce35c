"""A wrong value in the environment stops the start with one line that names it."""

import os
import stat
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from customerflow import environment

DEVELOPMENT = {"DEBUG": "yes", "SECRET_KEY": "x" * 60}
PRODUCTION = {"SECRET_KEY": "Uj2-dkX9fDkqWm4_vKsPz8rBtYc6LhNaQe3GgRoTiVbEwMxZy5", "ALLOWED_HOSTS": "crm.example.com"}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Run manage.py with no other variables than these."""
    return subprocess.run(  # noqa: S603
        [sys.executable, settings.BASE_DIR / "manage.py", *arguments],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CSRF_TRUSTED_ORIGINS", "crm.example.com"),
        ("CURRENCY", "eur"),
        ("CURRENCY", "EURO"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "customers.db"),
        ("DATABASE_URL", "mysql://root@localhost/isp"),
        ("DATABASE_URL", "postgres://isp@localhost:port/isp"),
        ("DEBUG", "maybe"),
        ("EMAIL_URL", "mail.example.com"),
        ("EMAIL_URL", "imap://mail.example.com"),
        ("EMAIL_URL", "smtp://mail.example.com:port"),
        ("HTTPS", "2"),
        ("BEHIND_PROXY", "nginx"),
        ("LANGUAGE_CODE", "klingon"),
        ("NETWORK_COMMAND", "network-hook"),
        ("NETWORK_COMMAND", "/etc/passwd"),
        ("NETWORK_COMMAND", "/bin/sh -c true"),
        ("OPERATOR_COUNTRY", "USA"),
        ("OPERATOR_COUNTRY", "us"),
        ("OPERATOR_LOGO", "/nowhere/logo.svg"),
        ("OPERATOR_LOGO", "/etc/passwd"),
        ("SITE_URL", "crm.example.com"),
        ("SITE_URL", "ftp://crm.example.com"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://crm.example.com/tickets"),
        ("SITE_URL", "https://crm.example.com?x=1"),
        ("SITE_URL", "https://[crm"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../etc"),
    ],
)
def test_a_malformed_value_stops_the_start_with_one_line(variable: str, value: str):
    result = manage("check", **{**DEVELOPMENT, variable: value})
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"CustomerFlow cannot start: {variable} ")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_does_not_start_without(missing: str):
    result = manage("check", **{name: value for name, value in PRODUCTION.items() if name != missing})
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"CustomerFlow cannot start: {missing} is not set")


def test_a_malformed_database_address_does_not_show_its_password():
    result = manage("check", **DEVELOPMENT, DATABASE_URL="postgre://isp:hunter2@localhost/isp")
    assert result.returncode == 1
    assert "hunter2" not in result.stderr


def test_production_has_nothing_to_warn_of():
    result = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(("said", "meant"), [({}, "False"), ({"HSTS_SUBDOMAINS": "yes"}, "True")])
def test_only_who_says_so_binds_the_hosts_below_to_https(said: dict, meant: str):
    code = "from django.conf import settings as s; print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    assert manage("shell", "--verbosity=0", "--command", code, **PRODUCTION, **said).stdout.split() == [meant, meant]


@pytest.mark.parametrize(("written", "meant"), [("yes", True), (" On ", True), ("1", True), ("no", False), ("", False)])
def test_a_truth_value_may_be_written_in_several_ways(monkeypatch, written: str, meant: bool):
    monkeypatch.setenv("SWITCH", written)
    assert environment.boolean("SWITCH", default=not meant) is meant


def test_a_list_is_separated_by_commas(monkeypatch):
    monkeypatch.setenv("HOSTS", "a.example, b.example,,")
    assert environment.words("HOSTS") == ["a.example", "b.example"]


def test_in_development_a_secret_key_is_made_once_and_kept_from_others(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    file = tmp_path / "key"
    key = environment.secret_key(file, debug=True)
    assert len(key) > 50
    assert environment.secret_key(file, debug=True) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_in_production_no_secret_key_is_made(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        environment.secret_key(tmp_path / "key", debug=False)
    assert not (tmp_path / "key").exists()


def test_e_mail_is_off_until_a_server_is_named(monkeypatch):
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert environment.mail("EMAIL_URL", "") is None


def test_the_address_of_a_mail_server_says_how_it_is_spoken_to(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://billing%40example.com:p%2Fw@mail.example.com")
    found = environment.mail("EMAIL_URL", "")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("billing@example.com", "p/w")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (True, False)
    monkeypatch.setenv("EMAIL_URL", "smtps://mail.example.com")
    assert (found := environment.mail("EMAIL_URL", ""))["EMAIL_PORT"] == 465
    assert found["EMAIL_USE_SSL"]


def test_e_mail_needs_a_sender():
    result = manage("check", **{**PRODUCTION, "EMAIL_URL": "smtp://localhost"})
    assert result.returncode == 1
    assert "OPERATOR_EMAIL is not set" in result.stderr


def test_lines_are_separated_by_bars_or_ends_of_lines(monkeypatch):
    monkeypatch.setenv("OPERATOR_ADDRESS", "1 Fibre Way | 1010 Vienna\nAustria||")
    assert environment.lines("OPERATOR_ADDRESS") == ["1 Fibre Way", "1010 Vienna", "Austria"]
