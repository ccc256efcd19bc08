"""Put the built web page into the wheel and the sdist.

Where it is built already (as in the sdist) nothing is done; where Node is there it is built; else the
package has no page, and its server says at ``/`` how to get one. An editable install builds nothing:
``make ui`` does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebPage(BuildHookInterface):
    """Builds ``web/`` into ``src/padauk/ui``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version == "editable" or (root / "src/padauk/ui/index.html").is_file():
            return
        if not (root / "web/package.json").is_file() or shutil.which("npm") is None:
            print("padauk: no npm here: building without the web page", file=sys.stderr)
            return
        try:
            subprocess.run([root / "web/build.sh"], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"padauk: the web page could not be built ({error}): going on without", file=sys.stderr)
