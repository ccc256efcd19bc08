"""Settings from files, environment and flags, as the one typed value of ``core.settings``.

Later wins: user file (``~/.config/padauk/config.toml``), repository file (``.padauk/config.toml``),
environment. DVC's own ``.dvc/config`` is not read here: it belongs to ``padauk.repo``.
"""

from padauk.config.load import SETTINGS, load_settings
from padauk.config.write import set_setting, unset_setting

__all__ = ["SETTINGS", "load_settings", "set_setting", "unset_setting"]
