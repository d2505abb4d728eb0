"""`dondoc` as a person calls it, in this process: what it printed and its exit code."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import cli


@dataclass
class Said:
    """What a call ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one sentence of a command that was refused."""
        assert self.code == 1, f"it ended with {self.code}: {self.out}{self.err}"
        (line,) = self.err.splitlines()
        return line


@dataclass
class Dondoc:
    """The whole command on one data folder; nothing of the engine runs."""

    data: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Said:
        self.capsys.readouterr()
        code = cli.run([*words, "--data", str(self.data)])
        out, err = self.capsys.readouterr()
        return Said(code, out, err)

    def json(self, *words: str) -> Any:
        said = self(*words, "--json")
        assert said.code == 0, said.err
        return said.json
