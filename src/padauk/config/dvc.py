"""Where DVC keeps settings that belong to no repository: the same folders as DVC uses itself."""

from __future__ import annotations

import os
import sys

from padauk.repo import ConfigDirs


def dvc_dirs() -> ConfigDirs:
    """The system's and the user's; ``DVC_SYSTEM_CONFIG_DIR`` and ``DVC_GLOBAL_CONFIG_DIR`` move them."""
    if sys.platform == "darwin":
        system, user = "/Library/Application Support/dvc", "~/Library/Application Support/dvc"
    else:
        system = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)[0] + "/dvc"
        user = (os.environ.get("XDG_CONFIG_HOME") or "~/.config") + "/dvc"
    return ConfigDirs(
        system=os.environ.get("DVC_SYSTEM_CONFIG_DIR") or system,
        user=os.environ.get("DVC_GLOBAL_CONFIG_DIR") or os.path.expanduser(user),
    )
