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
class WebhookSettings:
    """How the server tells webhooks what happened.

    Attributes:
        schemes: of URLs that may be told.
        private: whether URLs may lead to private addresses; only for a network where nobody is to be feared.
        key: Fernet key that secrets are sealed with; ``None`` keeps a key of our own beside the database.
        timeout: seconds for an answer.
        retries: how often a delivery is tried again.
        workers: deliveries at a time.
    """

    schemes: tuple[str, ...] = ("https",)
    private: bool = False
    key: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    retries: int = 3
    workers: int = 10


@dataclass(frozen=True)
class ServerSettings:
    """How one tracking server runs.

    Attributes:
        database: URL of the database (``sqlite:///padauk.db``, ``postgresql://…``).
        objects: folder of the content-addressed store for artifacts that come through the server.
        artifact_root: URI below which new experiments keep their artifacts; ``mlflow-artifacts:/`` sends
            them through the server.
        serve_artifacts: answer the artifact proxy.
        durable: flush every commit to the disk.
        allowed_hosts: patterns of ``Host`` headers that are answered; ``None`` for this machine and private
            networks, ``("*",)`` for all.
        allowed_origins: patterns of web origins that may change things from a browser, besides this machine
            and the server's own.
        frame_options: value of ``X-Frame-Options``, or ``None`` for none.
        static_prefix: path below which everything is served, such as ``/mlflow``.
        webhooks: how webhooks are told.
        read_only: refuse every request that would change something.
        access_log: write a line of JSON for each request to the logger ``padauk.access``.
    """

    database: str = "sqlite:///padauk.db"
    objects: str = "padauk-objects"
    artifact_root: str = "mlflow-artifacts:/"
    serve_artifacts: bool = True
    durable: bool = False
    allowed_hosts: tuple[str, ...] | None = None
    allowed_origins: tuple[str, ...] = ()
    frame_options: str | None = "SAMEORIGIN"
    static_prefix: str = ""
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    read_only: bool = False
    access_log: bool = False


@dataclass(frozen=True)
class Settings:
    """All settings, with where each was set.

    Attributes:
        tracking: the tracking server that the repository's runs go to.
        origins: name of a setting (``tracking.uri``) to where it was set: a file or a variable.
    """

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    origins: dict[str, str] = field(default_factory=dict)
