"""Peers that do not go together with our development environment, each in one of its own below ``.tools``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).parent.parent / ".tools" / "peers"


def own_environment(name: str, *requirements: str) -> Path:
    """The ``bin`` folder of a virtual environment with ``requirements``, made when it is not there."""
    home = TOOLS / name
    stamp = home / "requirements.txt"
    wanted = "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        python = home / "bin" / "python"
        if uv := shutil.which("uv") or (
            path if os.path.exists(path := TOOLS.parent / "bin" / "uv") else None
        ):
            subprocess.run([uv, "venv", "-q", "--python", sys.executable, home], check=True)
            subprocess.run([uv, "pip", "install", "-q", "--python", python, *requirements], check=True)
        else:
            subprocess.run([sys.executable, "-m", "venv", home], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *requirements], check=True)
        stamp.write_text(wanted)
    return home / "bin"
