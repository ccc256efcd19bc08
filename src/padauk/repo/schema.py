"""Which settings DVC's ``config`` files may hold, and what their values look like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from padauk.repo.ini import Value

Kind = Literal["text", "flag", "count", "number", "links", "path", "any"]


def _all(options: tuple[str, ...], kind: Kind) -> dict[str, Kind]:
    return dict.fromkeys(options, kind)


_REMOTE: dict[str, Kind] = {
    "url": "path",
    "checksum_jobs": "count",
    "jobs": "count",
    "worktree": "flag",
    "no_traverse": "flag",
    "version_aware": "flag",
    "verify": "flag",
}
_LOCAL: dict[str, Kind] = {
    "type": "links",
    "protected": "flag",
    "shared": "text",
    "slow_link_warning": "flag",
    "verify": "flag",
}
_HTTP: dict[str, Kind] = {
    "auth": "text",
    "custom_auth_header": "text",
    "user": "text",
    "password": "text",
    "ask_password": "flag",
    "ssl_verify": "any",
    "method": "text",
    "connect_timeout": "number",
    "read_timeout": "number",
}
_WEBDAV: dict[str, Kind] = {
    "user": "text",
    "password": "text",
    "ask_password": "flag",
    "token": "text",
    "bearer_token_command": "text",
    "custom_auth_header": "text",
    "cert_path": "path",
    "key_path": "path",
    "timeout": "number",
    "ssl_verify": "any",
}
# scheme of a remote's URL ("" is a folder) -> its own options; those of _REMOTE are everybody's
SCHEMES: dict[str, dict[str, Kind]] = {
    "": _LOCAL,
    "s3": {
        **_all(
            ("region", "profile", "endpointurl", "access_key_id", "secret_access_key", "session_token"),
            "text",
        ),
        **_all(("sse", "sse_kms_key_id", "sse_customer_algorithm", "sse_customer_key"), "text"),
        **_all(("acl", "grant_read", "grant_read_acp", "grant_write_acp", "grant_full_control"), "text"),
        **_all(("credentialpath", "configpath"), "path"),
        **_all(("listobjects", "use_ssl", "allow_anonymous_login", "cache_regions"), "flag"),
        **_all(("read_timeout", "connect_timeout"), "number"),
        "ssl_verify": "any",
    },
    "gs": {
        "projectname": "text",
        "credentialpath": "path",
        "endpointurl": "text",
        "allow_anonymous_login": "flag",
    },
    "ssh": {
        "type": "links",
        "port": "count",
        "keyfile": "path",
        "timeout": "number",
        "max_sessions": "count",
        **_all(("user", "password", "passphrase"), "text"),
        **_all(("ask_password", "ask_passphrase", "gss_auth", "allow_agent"), "flag"),
    },
    "hdfs": {"user": "text", "kerb_ticket": "text", "replication": "count"},
    "webhdfs": {
        **_all(("kerberos", "use_https"), "flag"),
        **_all(("kerberos_principal", "proxy_to", "token", "user", "password", "data_proxy_target"), "text"),
        "ssl_verify": "any",
    },
    "azure": {
        **_all(
            ("connection_string", "sas_token", "account_name", "account_key", "tenant_id", "client_id"),
            "text",
        ),
        "client_secret": "text",
        **_all(
            (
                "allow_anonymous_login",
                "exclude_environment_credential",
                "exclude_visual_studio_code_credential",
                "exclude_shared_token_cache_credential",
                "exclude_managed_identity_credential",
            ),
            "flag",
        ),
        **_all(("timeout", "read_timeout", "connection_timeout"), "number"),
    },
    "oss": _all(("oss_key_id", "oss_key_secret", "oss_endpoint"), "text"),
    "gdrive": {
        **_all(
            (
                "profile",
                "gdrive_client_id",
                "gdrive_client_secret",
                "gdrive_service_account_user_email",
            ),
            "text",
        ),
        **_all(("gdrive_use_service_account", "gdrive_trash_only", "gdrive_acknowledge_abuse"), "flag"),
        **_all(("gdrive_user_credentials_file", "gdrive_service_account_json_file_path"), "path"),
    },
    "http": _HTTP,
    "https": _HTTP,
    "webdav": _WEBDAV,
    "webdavs": _WEBDAV,
}

# in DVC's order: a section that is new in a file is written at this place
SECTIONS: dict[str, dict[str, Kind]] = {
    "core": {
        "remote": "text",
        "checksum_jobs": "count",
        **_all(
            (
                "interactive",
                "analytics",
                "hardlink_lock",
                "no_scm",
                "autostage",
                "experiments",
                "check_update",
            ),
            "flag",
        ),
        "site_cache_dir": "text",
        "machine": "text",
    },
    "cache": {
        **_all(("local", "s3", "gs", "hdfs", "webhdfs", "ssh", "azure"), "text"),
        "dir": "path",
        **_LOCAL,
    },
    "remote": {},
    "state": {"dir": "text", "row_limit": "count", "row_cleanup_quota": "count"},
    "index": {"dir": "text"},
    "machine": {},
    "feature": {},
    "plots": {"html_template": "text", "auto_open": "flag", "out_dir": "text"},
    "exp": {
        **_all(("code", "data", "models", "metrics", "params", "plots", "live", "git_remote"), "text"),
        "auto_push": "flag",
    },
    "parsing": {"bool": "text", "list": "text"},
    "hydra": {
        "enabled": "flag",
        **_all(("config_dir", "config_module", "config_name", "plugins_path"), "text"),
    },
    "studio": {**_all(("token", "url", "repo_url"), "text"), "offline": "flag"},
    "db": {},
}
NAMED = ("remote", "machine", "db")  # sections with a name of their own: ['remote "store"']
_FREE = frozenset({"machine", "feature", "db"})
_LINKS = ("reflink", "hardlink", "symlink", "copy")


def problem(section: str, name: str | None, option: str, value: Value, url: str = "") -> str | None:
    """What is wrong with one setting, or ``None``; ``url`` is that of the remote ``name``."""
    if section in _FREE:
        return None
    options = SECTIONS.get(section)
    if options is None:
        return f"unknown section {section!r}"
    if section == "remote":
        scheme = scheme_of(url)
        if scheme == "remote":
            return None
        options = _REMOTE | SCHEMES.get(scheme, {})
        if scheme not in SCHEMES:
            return f"remote {name!r} has a URL of an unknown kind, {scheme}://"
    kind = options.get(option)
    where = f"{section}.{name}.{option}" if name else f"{section}.{option}"
    if kind is None:
        return f"unknown setting {where!r}"
    wrong = _wrong(kind, value)
    return f"{where} is {value!r}, expected {wrong}" if wrong else None


def _wrong(kind: Kind, value: Value) -> str | None:
    items = [value] if isinstance(value, str) else value
    text = items[0] if len(items) == 1 else ""
    if kind == "flag" and text.lower() not in ("true", "false"):
        return "true or false"
    if kind == "count" and not (text.strip().isdigit() and int(text) > 0):
        return "a number above 0"
    if kind == "number" and not re.fullmatch(r"\d+(\.\d*)?", text.strip()):
        return "a number"
    if kind == "links":
        names = [name.strip() for item in items for name in item.split(",")]
        if not set(names) <= set(_LINKS):
            return f"some of {', '.join(_LINKS)}"
    return None


def scheme_of(url: str) -> str:
    """``s3`` of ``s3://bucket/x``; empty for a folder."""
    found = re.match(r"(\w[\w+.-]*)://", url)
    return found[1].lower() if found else ""
