"""The settings of one process as one typed value. ``padauk.config`` fills it; lower floors only read it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TrackingSettings:
    """Where runs are recorded.

    Attributes:
        uri: URL of the tracking server (``http://…``), or ``None``: runs are kept in the repository only.
        token: bearer token, or ``None``.
        username: for HTTP basic authentication, with ``password``.
        password: see ``username``.
        experiment: name of the experiment that pipeline runs go to; ``None`` takes the repository's name.
    """

    uri: str | None = None
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    experiment: str | None = None


@dataclass(frozen=True)
class Settings:
    """All settings, with where each was set.

    Attributes:
        tracking: the tracking server that the repository's runs go to.
        origins: name of a setting (``tracking.uri``) to where it was set: a file or a variable.
    """

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    origins: dict[str, str] = field(default_factory=dict)
