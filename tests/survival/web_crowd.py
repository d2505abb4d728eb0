"""A crowd on the web in two processes, and what it was told."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crowd import HERE, Crowd, environment
from dondoc_command import until
from office_on_postgresql import READERS, OfficeOnPostgresql

PROCESSES = 2


@dataclass
class WebCrowd(Crowd):
    """People who act by the API, and some on pages."""

    people: int = 8

    @classmethod
    def of(
        cls, office: OfficeOnPostgresql, folder: Path, codes: Sequence[str], seed: int, people: int = 8
    ) -> "WebCrowd":
        folder.mkdir(parents=True)
        office.keep(folder / "office.json")
        return cls(office.data, folder, codes, seed, people)

    def start(self) -> None:
        (self.folder / "codes.json").write_text(json.dumps(list(self.codes)), encoding="utf-8")
        for number in range(PROCESSES):
            words = [str(self.folder / "office.json"), str(self.folder / f"{number}.log")]
            words += [str(self.folder / "codes.json"), str(self.seed * 100 + number), str(self.people // PROCESSES)]
            words += [str(len(READERS) if number == 0 else 0), str(self.folder / "stop")]
            words += ["hurried"] if self.hurried else []
            with (self.folder / f"{number}.err").open("wb") as complaints:
                client = [sys.executable, str(HERE / "web_client.py"), *words]
                self.processes.append(subprocess.Popen(client, env=environment(), stderr=complaints))
        until(partial(self._have_spoken, PROCESSES), 300)

    def _have_spoken(self, number: int) -> bool:
        for place, process in enumerate(self.processes):
            assert process.poll() is None, (self.folder / f"{place}.err").read_text()
        return len(self.logs) == number and all(log.stat().st_size for log in self.logs)

    @property
    def pages(self) -> list[dict[str, Any]]:
        """Every page that was asked for, and what came."""
        files = sorted(self.folder.glob("*.pages"))
        return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]

    def wrong(self) -> list[str]:
        """What people must never see, whatever fails."""
        acts = [f"{line.code} {line.kind}: {line.refusal}" for line in self.lines if line.told == "failed"]
        return acts + [f"{page['path']}: {page['wrong']}" for page in self.pages if page["wrong"]]
