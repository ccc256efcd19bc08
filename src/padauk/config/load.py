"""Read settings: which exist, where each may come from, and who wins."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from padauk.core.errors import FormatError
from padauk.core.settings import Settings, TrackingSettings


@dataclass(frozen=True)
class Setting:
    """One setting: its dotted name, the environment variables that also set it, and what it is for."""

    name: str
    variables: tuple[str, ...]
    help: str


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "tracking.uri",
            ("PADAUK_TRACKING_URI", "MLFLOW_TRACKING_URI"),
            "URL of the tracking server that pipeline runs are recorded on",
        ),
        Setting(
            "tracking.experiment",
            ("PADAUK_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_NAME"),
            "experiment for pipeline runs (default: the name of the repository's folder)",
        ),
        Setting("tracking.token", ("PADAUK_TRACKING_TOKEN", "MLFLOW_TRACKING_TOKEN"), "bearer token"),
        Setting("tracking.username", ("MLFLOW_TRACKING_USERNAME",), "user name for basic authentication"),
        Setting("tracking.password", ("MLFLOW_TRACKING_PASSWORD",), "password for basic authentication"),
    )
}


def user_file() -> Path:
    """The settings of this person on this machine."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "padauk" / "config.toml"


def repository_file(start: Path | None = None) -> Path | None:
    """The settings of the repository that holds ``start`` (default: here), or ``None`` outside of one."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / ".dvc").is_dir():
            return folder / ".padauk" / "config.toml"
    return None


def read_values(path: Path) -> dict[str, str]:
    """The settings in one TOML file as ``{"tracking.uri": …}``; an absent file holds none.

    Raises:
        FormatError: the file is no TOML, or names a setting that does not exist.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: {error}", hint="mend or remove the file") from error
    values = {}
    for table, entries in tables.items():
        for key, value in entries.items() if isinstance(entries, dict) else [("", entries)]:
            name = f"{table}.{key}" if key else table
            if name not in SETTINGS:
                raise FormatError(f"{path}: unknown setting {name!r}", hint=f"known: {', '.join(SETTINGS)}")
            values[name] = str(value)
    return values


def load_settings() -> Settings:
    """Files and environment as one value; later sources win."""
    values: dict[str, str] = {}
    origins: dict[str, str] = {}
    for path in (user_file(), repository_file()):
        for name, value in (read_values(path) if path else {}).items():
            values[name], origins[name] = value, str(path)
    for setting in SETTINGS.values():
        for variable in reversed(setting.variables):
            if given := os.environ.get(variable):
                values[setting.name], origins[setting.name] = given, variable
    return Settings(
        tracking=TrackingSettings(
            uri=values.get("tracking.uri"),
            token=values.get("tracking.token"),
            username=values.get("tracking.username"),
            password=values.get("tracking.password"),
            experiment=values.get("tracking.experiment"),
        ),
        origins=origins,
    )
