"""Settings: what is read, what follows, and the sentence for each bad value."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.engine_link import EngineLink, EngineTls
from models.payload_keys import PayloadKey
from settings import LogFormat, LogLevel, Settings, SettingsRefused, inherited_environment, load_settings

OLD, NEW = PayloadKey("old", b"o" * 32), PayloadKey("new", b"n" * 32)
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test sets is set."""
    for field in Settings.model_fields:
        monkeypatch.delenv(f"DONDOC_{field.upper()}", raising=False)


def test_nothing_needs_to_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load_settings()

    assert settings.data_dir == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/dondoc.db"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.temporal_address is None
    assert settings.log_format is LogFormat.CONSOLE
    assert settings.directory.is_file()
    assert settings.clock_offset(NOW) == timedelta()


def test_what_the_command_line_gives_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_DATA_DIR", str(tmp_path / "environment"))
    monkeypatch.setenv("DONDOC_WEB_PORT", "9000")

    settings = load_settings(data_dir=tmp_path / "option", web_port=None)

    assert settings.data_dir == tmp_path / "option"
    assert settings.database_url == f"sqlite:///{tmp_path}/option/dondoc.db"
    assert settings.public_url == "http://127.0.0.1:9000"


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_SMTP_URL", "")
    monkeypatch.setenv("DONDOC_LOG_FORMAT", "")

    settings = load_settings()

    assert settings.smtp_url is None
    assert settings.log_format is LogFormat.CONSOLE


def test_traces_go_where_the_standard_variable_says_unless_ours_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert load_settings().otlp_endpoint == ""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://standard:4318/")
    assert load_settings().otlp_endpoint == "http://standard:4318"
    monkeypatch.setenv("DONDOC_OTLP_ENDPOINT", "http://ours:4318")
    assert load_settings().otlp_endpoint == "http://ours:4318"


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("CLOCK", "+3600", "clock", timedelta(hours=1)),
        ("CLOCK", "-0.5", "clock", timedelta(seconds=-0.5)),
        ("CLOCK", "2026-11-02T08:00:00+07:00", "clock", NOW),
        ("WEBHOOK_ALLOW", "hook.example.vn, 10.0.0.0/8,::1", "webhook_allow", ("hook.example.vn", "10.0.0.0/8", "::1")),
        ("TRUSTED_PROXIES", "10.1.2.3, 10.0.0.0/16,::1", "trusted_proxies", ("10.1.2.3", "10.0.0.0/16", "::1")),
        ("LOG_FORMAT", "json", "log_format", LogFormat.JSON),
        ("LOG_LEVEL", "debug", "log_level", LogLevel.DEBUG),
        ("WORKER_METRICS_ADDRESS", "[::1]:9464", "worker_metrics_address", "[::1]:9464"),
        ("OTLP_ENDPOINT", "http://collector:4318/", "otlp_endpoint", "http://collector:4318"),
        ("TEMPORAL_ADDRESS", "localhost:7233", "temporal_address", "localhost:7233"),
        ("TEMPORAL_ADDRESS", "[::1]:7233", "temporal_address", "[::1]:7233"),
        ("PUBLIC_URL", "https://dondoc.example.vn/", "public_url", "https://dondoc.example.vn"),
        ("SMTP_URL", "smtp+starttls://u:p@mail.example.vn:587", "smtp_url", "smtp+starttls://u:p@mail.example.vn:587"),
        ("DATABASE_URL", "postgresql://u:p@db/dondoc", "database_url", "postgresql://u:p@db/dondoc"),
        ("WEB_PORT", "65535", "web_port", 65535),
        ("TEMPORAL_KEYS", f"{NEW.written()},{OLD.written()}", "payload_keys", (NEW, OLD)),
        ("TEMPORAL_KEYS", "\n", "payload_keys", ()),
        ("WORKER_BUILD", "0.2.0+a1b2c3", "worker_build", "0.2.0+a1b2c3"),
        ("CODEC_ORIGIN", "https://temporal.example.vn:8443", "codec_origin", "https://temporal.example.vn:8443"),
    ],
)
def test_good_values_are_read(monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, read: object) -> None:
    monkeypatch.setenv(f"DONDOC_{name}", value)

    assert getattr(load_settings(), field) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOCK", "3600"),
        ("LOG_LEVEL", "loud"),
        ("WORKER_METRICS_ADDRESS", "localhost:9464"),
        ("WORKER_METRICS_ADDRESS", "127.0.0.1:70000"),
        ("OTLP_ENDPOINT", "collector:4318"),
        ("CLOCK", "2026-11-02T08:00:00"),
        ("CLOCK", "tomorrow"),
        ("DATABASE_URL", "mysql://u:p4ssword@db/x"),
        ("TEMPORAL_ADDRESS", "localhost"),
        ("TEMPORAL_ADDRESS", "localhost:70000"),
        ("TEMPORAL_NAMESPACE", "văn phòng"),
        ("SMTP_URL", "http://u:p4ssword@mail"),
        ("SMTP_URL", "smtp://mail:port"),
        ("MAIL_FROM", "the office"),
        ("MAIL_FROM", "a@b.vn\r\nBcc: c@d.vn"),
        ("PUBLIC_URL", "dondoc.example.vn"),
        ("PUBLIC_URL", "https://dondoc.example.vn/?a=1"),
        ("SECRET_KEY", "p4ssword"),
        ("LOG_FORMAT", "xml"),
        ("DIRECTORY", "/no/such/file.yaml"),
        ("WEBHOOK_ALLOW", "http://hook"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy.example.vn"),
        ("KEEP_TRACES_DAYS", "29"),
        ("KEEP_AUDIT_DAYS", "for ever"),
        ("TEMPORAL_KEYS", "p4ssword"),
        ("TEMPORAL_KEYS", "k1:p4ssword"),
        ("TEMPORAL_KEYS_FILE", "/no/such/file"),
        ("TEMPORAL_REFUSE_PLAIN", "true"),
        ("TEMPORAL_REFUSE_PLAIN", "perhaps"),
        ("TEMPORAL_TLS", "yes please"),
        ("TEMPORAL_TLS_CA", "/no/such/file"),
        ("TEMPORAL_TLS_KEY", "/no/such/file"),
        ("WORKER_BUILD", "bản mới"),
        ("CODEC_ORIGIN", "https://temporal.example.vn/ui"),
        ("CODEC_ORIGIN", "http://temporal.example.vn"),
        ("WEB_PORT", "0"),
        ("WEB_PORT", "65536"),
        ("WEB_PORT", "http"),
    ],
)
def test_a_bad_value_is_refused_with_one_sentence_that_names_the_variable_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DONDOC_{name}", value)

    with pytest.raises(SettingsRefused) as refused:
        load_settings()

    (fault,) = refused.value.faults
    assert str(fault).startswith(f"DONDOC_{name} ")
    assert str(fault).endswith(".")
    assert fault.data["setting"] == f"DONDOC_{name}"
    assert "p4ssword" not in f"{refused.value}{refused.value!r}"


def test_all_bad_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_LOG_FORMAT", "xml")
    monkeypatch.setenv("DONDOC_WEB_PORT", "0")

    with pytest.raises(SettingsRefused) as refused:
        load_settings()

    assert len(str(refused.value).splitlines()) == 2


def test_no_secret_is_shown_where_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_SMTP_URL", "smtp://u:p4ssword@mail.example.vn")
    monkeypatch.setenv("DONDOC_DATABASE_URL", "postgresql://u:p4ssword@db/dondoc")
    monkeypatch.setenv("DONDOC_SECRET_KEY", "p4ssword" * 4)

    assert "p4ssword" not in repr(load_settings())


def test_parts_started_by_the_embedded_system_share_one_clock_whenever_they_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DONDOC_CLOCK", "2026-11-03T08:00:00+07:00")

    environment = inherited_environment(load_settings(), NOW)

    assert environment["DONDOC_CLOCK"] == "+86400.000000"
    monkeypatch.setenv("DONDOC_CLOCK", environment["DONDOC_CLOCK"])
    assert load_settings().clock_offset(NOW + timedelta(days=5)) == timedelta(days=1)


def test_secrets_come_from_files_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.SECRETS", tmp_path)
    (tmp_path / "dondoc_database_url").write_text("postgresql://dondoc:kín@postgresql/dondoc\n")
    (tmp_path / "dondoc_secret_key").write_text("k" * 40)
    (tmp_path / "dondoc_smtp_url").write_text("")
    assert load_settings().database_url == "postgresql://dondoc:kín@postgresql/dondoc"
    assert load_settings().smtp_url is None

    monkeypatch.setenv("DONDOC_DATABASE_URL", "sqlite:///here.db")
    assert load_settings().database_url == "sqlite:///here.db"


def refusals() -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load_settings()
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "address", ["temporal.example.vn:7233", "10.0.0.7:7233", "[2001:db8::1]:7233", "127.evil:7233"]
)
def test_a_temporal_on_another_machine_is_refused_without_tls(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", address)

    (refusal,) = refusals()

    assert refusal.startswith(f"DONDOC_TEMPORAL_ADDRESS là {address}, ")
    assert "DONDOC_TEMPORAL_TLS=true" in refusal


@pytest.mark.parametrize("address", ["127.0.0.1:7233", "127.8.8.8:7233", "[::1]:7233", "localhost:7233", "LocalHost:7"])
def test_a_temporal_on_this_machine_needs_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", address)

    assert load_settings().engine_link() == EngineLink(address)


def test_only_the_host_that_is_named_may_be_spoken_to_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_PLAINTEXT_HOST", "temporal")
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", "temporal:7233")
    assert load_settings().engine_link() == EngineLink("temporal:7233")

    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", "temporal.example.vn:7233")
    assert len(refusals()) == 1


def test_certificates_an_api_key_and_a_server_name_mean_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", "temporal.example.vn:7233")
    for name, value in (("TLS", "true"), ("TLS_SERVER_NAME", "temporal"), ("API_KEY", "kín")):
        with monkeypatch.context() as only:
            only.setenv(f"DONDOC_TEMPORAL_{name}", value)
            assert load_settings().engine_link().tls is not None
            assert "kín" not in repr(load_settings())

    for name in ("ca", "certificate", "key"):
        (tmp_path / name).write_bytes(name.encode())
        (tmp_path / name).chmod(0o600)
        monkeypatch.setenv(f"DONDOC_TEMPORAL_TLS_{name.upper()}", str(tmp_path / name))
    assert load_settings().engine_link().tls == EngineTls(b"ca", b"certificate", b"key")

    monkeypatch.delenv("DONDOC_TEMPORAL_TLS_CERTIFICATE")
    assert refusals() == ["DONDOC_TEMPORAL_TLS_KEY phải được đặt cùng với DONDOC_TEMPORAL_TLS_CERTIFICATE."]


def test_tls_without_an_address_means_nothing_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_TLS", "true")

    assert refusals() == ["DONDOC_TEMPORAL_ADDRESS phải được đặt cùng với các cài đặt TLS."]


def test_keys_come_from_a_file_that_others_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# năm nay\n{NEW.written()}\n# năm ngoái\n{OLD.written()}\n", encoding="utf-8")
    monkeypatch.setenv("DONDOC_TEMPORAL_KEYS_FILE", str(file))
    file.chmod(0o640)
    assert load_settings().payload_keys == (NEW, OLD)
    assert NEW.written() not in repr(load_settings())

    file.chmod(0o644)
    (refusal,) = refusals()
    assert refusal.startswith(f"DONDOC_TEMPORAL_KEYS_FILE là {file}, ")
    file.chmod(0o600)
    file.write_text("")
    assert refusals() == [f"DONDOC_TEMPORAL_KEYS_FILE là {file}, nhưng tệp này không có khóa nào."]


def test_keys_come_from_a_mounted_secret_which_has_a_mode_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settings.SECRETS", tmp_path)
    (tmp_path / "dondoc_temporal_keys").write_text(f"{NEW.written()}\n")
    (tmp_path / "dondoc_temporal_keys").chmod(0o444)

    assert load_settings().payload_keys == (NEW,)
