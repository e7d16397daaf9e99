"""What one Synapse is told: `homeserver.yaml` and its log configuration, as values. Pure; `render` writes them.

`docs/federation.md` says why each closing setting is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synapse_config.model import Federation, Homeserver, Limits, Rate

#: Every range that is not the public Internet (Synapse's own default, written out so that an upgrade cannot change
#: it). The key is `ip_range_blacklist`: Synapse ignores `ip_range_blocklist` without a word.
_NOT_PUBLIC = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "169.254.0.0/16",
    "192.88.99.0/24", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "::1/128",
    "fe80::/10", "fc00::/7", "2001:db8::/32", "ff00::/8", "fec0::/10",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """Where one homeserver's files are."""

    folder: Path
    authority: Path
    registrations: tuple[Path, ...]


def settings(federation: Federation, homeserver: Homeserver, places: Places) -> dict[str, Any]:
    """`homeserver.yaml` without anything secret."""
    return {
        **_identity(homeserver, places),
        **_federation(federation, homeserver, places),
        **_people(homeserver),
        **_rooms(),
        **_limits(federation.limits),
        **_media(federation.max_upload),
        "app_service_config_files": [str(path) for path in places.registrations],
    }


def database(homeserver: Homeserver, places: Places, password: str) -> dict[str, Any]:
    """The `database` section; it is secret where it has a password. `password` is PostgreSQL's, "" for SQLite."""
    if homeserver.database.engine == "sqlite":
        return {"name": "sqlite3", "args": {"database": str(places.folder / "homeserver.db")}}
    postgres: Any = homeserver.database
    return {
        "name": "psycopg2",
        "args": {
            "host": postgres.host,
            "port": postgres.port,
            "dbname": postgres.name,
            "user": postgres.user,
            "password": password,
            "cp_min": 5,
            "cp_max": 10,
        },
    }


def log_settings(federation: Federation) -> dict[str, Any]:
    """`log.yaml`: one line an event, to standard error, for whoever supervises the process to keep."""
    return {
        "version": 1,
        "disable_existing_loggers": False,  # or Synapse's own errors vanish
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(request)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {"synapse.storage.SQL": {"level": "WARNING"}},  # below INFO it would log what people write
        "root": {"level": federation.log_level, "handlers": ["stderr"]},
    }


def _identity(homeserver: Homeserver, places: Places) -> dict[str, Any]:
    folder = places.folder
    well_known = {
        "/.well-known/matrix/server": {
            "module": "synapse_config.wellknown.WellKnown",
            "config": {"server": f"{homeserver.server_name}:443"},
        }
    }
    return {
        "server_name": homeserver.server_name,
        "public_baseurl": f"{homeserver.public_url or homeserver.client_url}/",
        "pid_file": str(folder / "homeserver.pid"),
        "log_config": str(folder / "log.yaml"),
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "tls_certificate_path": str(folder / "tls.crt"),
        "tls_private_key_path": str(folder / "tls.key"),
        "listeners": [
            {
                "type": "http",
                "port": homeserver.client_port,
                "bind_addresses": [homeserver.host],
                # Behind a proxy, addresses are the proxy's unless it is believed; without one, nobody is.
                "x_forwarded": bool(homeserver.public_url),
                "resources": [{"names": ["client"], "compress": False}],
            },
            {
                "type": "http",
                "port": homeserver.federation_port,
                "bind_addresses": [homeserver.host],
                "tls": True,
                "resources": [{"names": ["federation"], "compress": False}],
                "additional_resources": well_known,
            },
        ],
        "report_stats": False,
        "enable_metrics": False,
    }


def _federation(federation: Federation, homeserver: Homeserver, places: Places) -> dict[str, Any]:
    reachable = {federation.gateway.host}
    if homeserver.hub:
        reachable.add(federation.appservice.host)
    return {
        "federation_domain_whitelist": list(federation.server_names),
        "federation_whitelist_endpoint_enabled": False,
        "federation_verify_certificates": True,
        "federation_custom_ca_list": [str(places.authority)],
        "federation_client_minimum_tls_version": "1.3",
        "modules": [{"module": "synapse_config.tls.OnlyTls13", "config": {}}],
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        # The only way out; without http_proxy and no_proxy_hosts here, the environment's would count.
        "https_proxy": f"http://{federation.gateway.host}:{federation.gateway.port}",
        "http_proxy": None,
        "no_proxy_hosts": [],
        "ip_range_blacklist": list(_NOT_PUBLIC),
        "ip_range_whitelist": [f"{host}/32" for host in sorted(reachable)],
        # Members are few and close: one that comes back is heard within seconds. Synapse's own choice is for the whole
        # Internet, and leaves a server alone for 10 minutes, then hours, after one failure.
        "federation": {
            # A whole media file must come within it: Synapse bounds an answer and its headers by the same.
            "client_timeout": "60s",
            "max_long_retries": 60,
            "max_long_retry_delay": "4s",
            "destination_min_retry_interval": "1s",
            "destination_retry_multiplier": 2,
            "destination_max_retry_interval": "10s",
        },
        "allow_public_rooms_over_federation": False,
        "allow_public_rooms_without_auth": False,
        "allow_device_name_lookup_over_federation": False,
    }


def _people(homeserver: Homeserver) -> dict[str, Any]:
    return {
        "enable_registration": False,
        "allow_guest_access": False,
        "password_config": {
            "enabled": homeserver.login == "password",
            "policy": {"enabled": True, "minimum_length": 12},
        },
        "enable_3pid_changes": False,
        "default_identity_server": None,
        "account_threepid_delegates": {},
        "require_auth_for_profile_requests": True,
        "user_directory": {"enabled": True, "search_all_users": True, "prefer_local_users": True},
        "presence": {"enabled": False},
        "push": {"enabled": True, "include_content": False},
        "url_preview_enabled": False,
        "turn_allow_guests": False,
    }


def _rooms() -> dict[str, Any]:
    return {
        "encryption_enabled_by_default_for_room_type": "invite",
        "room_list_publication_rules": [{"action": "deny"}],
        "enable_authenticated_media": True,
        "forget_rooms_on_leave": True,
    }


def _media(largest: int) -> dict[str, Any]:
    """Files of at most so many bytes. What one address (the bridge's, a proxy's) fetches of other homeservers' files is
    bounded by what the members may send: Synapse's own bound (500 MB, then 87 kB/s) is for the whole Internet, and lets
    a larger file never come.
    """
    return {
        "max_upload_size": largest,
        "remote_media_download_burst_count": 8 * largest,
        "remote_media_download_per_second": max(1, largest // 60),
    }


def _limits(limits: Limits) -> dict[str, Any]:
    invites, joins = _rate(limits.invites), _rate(limits.joins)
    federation = limits.federation
    return {
        "rc_message": _rate(limits.messages),
        "rc_registration": {"per_second": 0.1, "burst_count": 3},
        "rc_login": {
            "address": _rate(limits.logins_per_address),
            "account": _rate(limits.logins),
            "failed_attempts": _rate(limits.failed_logins),
        },
        "rc_joins": {"local": joins, "remote": joins},
        "rc_joins_per_room": _rate(limits.joins_per_room),
        "rc_invites": {"per_room": invites, "per_user": invites, "per_issuer": invites},
        "rc_room_creation": _rate(limits.rooms),
        "rc_federation": {
            "window_size": 1000,
            "sleep_limit": max(1, round(federation.per_second)),
            "sleep_delay": 100,
            "reject_limit": federation.burst * 10,
            "concurrent": max(1, federation.burst // 5),
        },
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"per_second": rate.per_second, "burst_count": rate.burst}
