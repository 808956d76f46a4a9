"""What the environment says: typed readers that stop the start with the name of what is wrong.

Every variable can be given as a file instead (`ASSAY_SECRET_KEY_FILE=/run/secrets/key`), so that
secrets need not stand in the environment.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv()
VAR_DIR = Path(env.str("ASSAY_VAR_DIR", str(BASE_DIR / "var"))).resolve()
PRODUCTION: bool = env.bool("ASSAY_PRODUCTION", False)
DEMO: bool = env.bool("ASSAY_DEMO", False)

# Limits in milliseconds: a killed client's backend otherwise keeps its locks until the statement
# ends.
POSTGRES_SETTINGS = {
    "statement_timeout": 15_000,
    "lock_timeout": 5_000,
    "idle_in_transaction_session_timeout": 60_000,
    "client_connection_check_interval": 1_000,
    # What is prepared (canonical.reader) goes by indexes whatever its values: to plan it again for
    # each costs more than to answer it.
    "plan_cache_mode": "force_generic_plan",
}


def required_in_production(name: str, default: str) -> str:
    """Read a variable that only the embedded form may leave out."""
    if PRODUCTION and not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set in production.")
    return str(env.str(name, default))


def secret_key() -> str:
    """The signing key: given, or made once for this VAR_DIR and kept there, readable by us alone.

    Several processes may start at once: the first link wins, the others read it.
    """
    if given := required_in_production("ASSAY_SECRET_KEY", ""):
        if len(given) < 50:
            raise ImproperlyConfigured("ASSAY_SECRET_KEY is shorter than 50 characters.")
        return given
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        _keep_secret(kept)
    return kept.read_text()


def _keep_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def identity_provider(issuer: str) -> dict[str, Any]:
    """The settings of sign-in by OpenID Connect: code flow with PKCE, signed ID tokens.

    The four addresses are those that the provider's discovery document names; the session asks
    the provider again every quarter of an hour whether the person may still come in.
    """
    if not issuer:
        raise ImproperlyConfigured("ASSAY_OIDC_ISSUER must be set with ASSAY_OIDC_CLIENT_ID.")
    needed = {
        "OIDC_RP_CLIENT_ID": "ASSAY_OIDC_CLIENT_ID",
        "OIDC_RP_CLIENT_SECRET": "ASSAY_OIDC_CLIENT_SECRET",
        "OIDC_OP_AUTHORIZATION_ENDPOINT": "ASSAY_OIDC_AUTHORIZATION_URL",
        "OIDC_OP_TOKEN_ENDPOINT": "ASSAY_OIDC_TOKEN_URL",
        "OIDC_OP_USER_ENDPOINT": "ASSAY_OIDC_USERINFO_URL",
        "OIDC_OP_JWKS_ENDPOINT": "ASSAY_OIDC_JWKS_URL",
    }
    found = {setting: env.str(variable, "") for setting, variable in needed.items()}
    if missing := [needed[setting] for setting, value in found.items() if not value]:
        raise ImproperlyConfigured(f"Sign-in by OpenID Connect also needs {', '.join(missing)}.")
    addresses = [value for setting, value in found.items() if "_OP_" in setting]
    if PRODUCTION and not all(address.startswith("https://") for address in addresses):
        raise ImproperlyConfigured("The identity provider's addresses must begin with https://.")
    return found | {
        "OIDC_RP_SIGN_ALGO": env.str("ASSAY_OIDC_ALGORITHM", "RS256"),
        "OIDC_RP_SCOPES": env.str("ASSAY_OIDC_SCOPES", "openid profile email"),
        "OIDC_USE_PKCE": True,
        "OIDC_TIMEOUT": 10,
        "OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS": 15 * 60,
        "LOGIN_REDIRECT_URL_FAILURE": "/admin/login/?refused=1",
    }


def allowed_hosts() -> list[str]:
    """The host names this hub answers to; without any given, only this machine's own."""
    required_in_production("ASSAY_ALLOWED_HOSTS", "")
    return list(env.list("ASSAY_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"]))


def broker_options(url: str) -> dict[str, Any]:
    """Transport options by kind of broker: a folder in VAR_DIR, or Redis that fails fast.

    Without `max_retries` kombu tries a broker that is away for six seconds, even where the
    publisher said `retry=False`; a worker's connection for reading has its own setting.
    """
    if url.startswith("folder://"):
        folder = VAR_DIR / "broker"
        folder.mkdir(parents=True, exist_ok=True)
        return {"folder": str(folder)}
    return {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}


def cache() -> dict[str, Any]:
    """The cache settings of ASSAY_CACHE_URL; without it, memory of the process."""
    if not (url := env.str("ASSAY_CACHE_URL", "")):
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
    }


def database() -> dict[str, Any]:
    """The connection settings of ASSAY_DATABASE_URL; by default SQLite in VAR_DIR."""
    embedded = f"sqlite:///{VAR_DIR / 'assay.sqlite3'}"
    url = required_in_production("ASSAY_DATABASE_URL", embedded)
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600))
    except ValueError as error:
        raise ImproperlyConfigured(f"ASSAY_DATABASE_URL is no database address: {error}") from error
    if config["ENGINE"].endswith("sqlite3"):
        return _sqlite(config)
    if config["ENGINE"].endswith("postgresql"):
        return _postgres(config)
    raise ImproperlyConfigured("ASSAY_DATABASE_URL must begin with postgres:// or sqlite://.")


def _sqlite(config: dict[str, Any]) -> dict[str, Any]:
    """What keeps SQLite durable and four writing processes free of "database is locked"."""
    if PRODUCTION:
        raise ImproperlyConfigured("Production needs PostgreSQL in ASSAY_DATABASE_URL.")
    Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    config["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    return config


def _postgres(config: dict[str, Any]) -> dict[str, Any]:
    settings = " ".join(f"-c {name}={value}" for name, value in POSTGRES_SETTINGS.items())
    options = config.setdefault("OPTIONS", {})
    options["options"] = f"{settings} {options.get('options', '')}".strip()
    options.setdefault("connect_timeout", 5)
    config["CONN_HEALTH_CHECKS"] = True
    config["ENGINE"] = "mdm.postgresql"
    return config
