"""Settings of the project: everything that differs between places is environment.

Ordered as Django's documentation orders them; what this product adds is in the
last block, one comment each.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Environment()  # type: ignore[no-untyped-call]  # annotated in part only
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

# A name that nobody reads would silently be the default.
_RENAMED = sorted(name for name in os.environ if name.startswith("KEYRING_"))
if _RENAMED:
    raise ImproperlyConfigured(
        "Rename in the environment or in the environment file: "
        + ", ".join(
            f"{name} is now {name.replace('KEYRING_', 'KEY_CACHE_', 1)}"
            for name in _RENAMED
        )
    )

# Core

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Every API route works with and without a trailing slash; a redirect would
# drop a POST body and repeat the credential.
APPEND_SLASH = False
# Of any body; what a server reads before a call starts (config/front.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# The path below which a proxy serves the product, and which it takes off again: "/crm".
_PREFIX = env.str("URL_PREFIX", default="").strip("/")
FORCE_SCRIPT_NAME = f"/{_PREFIX}" if _PREFIX else None

# Apps

INSTALLED_APPS = [
    "config.apps.SettingsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "apikeys",
    "webservice_users",
]

# Middleware

_NATIVE_CSP = django.VERSION >= (6, 0)

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.PageCompressionMiddleware",
    (
        "django.middleware.csp.ContentSecurityPolicyMiddleware"
        if _NATIVE_CSP
        else "csp.middleware.CSPMiddleware"
    ),
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apikeys.organization.sessions.PersonSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.TimeZoneMiddleware",
    "apikeys.pages.busy.BusyMiddleware",
]

# Templates

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database

# A lost database must cost a worker one second, not its life.
DATABASE_TIMEOUT_SECONDS = 1
# How long a page or an endpoint waits for one answer; a command waits for as long as
# it takes.
DATABASE_WAIT_SECONDS = env.float("DATABASE_WAIT_SECONDS", default=5.0)

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN, so that a read followed by a
        # write inside one transaction cannot fail half way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    from apikeys.caching.postgresql import BoundedConnection

    # As `django.db.backends.postgresql`, but nobody waits for what is known to be lost.
    DATABASES["default"]["ENGINE"] = "apikeys.caching.backend"
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        "connect_timeout": DATABASE_TIMEOUT_SECONDS,
        "tcp_user_timeout": DATABASE_TIMEOUT_SECONDS * 1000,
        "pool": {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=8),
            "timeout": DATABASE_TIMEOUT_SECONDS,
            "reconnect_timeout": 2,
            "connection_class": BoundedConnection,
        },
    }

# Auth

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = ["apikeys.passwords.BoundedArgon2PasswordHasher"]
# How many passwords one process checks at once; each takes a core and 100 MB.
PASSWORD_HASHES_AT_ONCE = env.int("PASSWORD_HASHES_AT_ONCE", default=2)
AUTH_USER_MODEL = "apikeys.Person"
AUTHENTICATION_BACKENDS = ["apikeys.organization.sign_in.SignIn"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Sessions of people

SESSION_ENGINE = "apikeys.organization.sessions"
# A session ends so long after the person was last seen, and at any rate after so long.
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=12 * 60 * 60)
SESSION_MAX_SECONDS = env.int("SESSION_MAX_SECONDS", default=14 * 24 * 60 * 60)
SESSION_COOKIE_AGE = SESSION_MAX_SECONDS

# Internationalization

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.zone("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

# Static files

# Relative: below the path that the product is served at.
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.StaticFiles"},
}

# Mail

_MAIL = env.email("EMAIL_URL", default="consolemail://")
if django.VERSION < (6, 1):
    vars().update(_MAIL)
else:
    _MAILER_OPTIONS = {
        "host": "EMAIL_HOST",
        "port": "EMAIL_PORT",
        "username": "EMAIL_HOST_USER",
        "password": "EMAIL_HOST_PASSWORD",
        "use_tls": "EMAIL_USE_TLS",
        "use_ssl": "EMAIL_USE_SSL",
        "file_path": "EMAIL_FILE_PATH",
    }
    MAILERS = {
        "default": {
            "BACKEND": _MAIL["EMAIL_BACKEND"],
            "OPTIONS": {
                option: _MAIL[name]
                for option, name in _MAILER_OPTIONS.items()
                if _MAIL.get(name)
            },
        }
    }
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="crm@localhost")

# Security of transport and pages

SECURE_COOKIES = env.bool("SECURE_COOKIES", default=True)
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_HTTPONLY = True
# What else is served on the host has no use for them.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = FORCE_SCRIPT_NAME or "/"
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=SECURE_COOKIES)
# A load balancer asks for health in plain HTTP, and an API call with a
# credential is refused rather than redirected (ASVS 4.1.2).
# Wherever the product is mounted (URL_PREFIX), so each may follow other segments.
SECURE_REDIRECT_EXEMPT = [r"(^|/)(healthz|readyz)$", r"(^|/)api(/|$)"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool(
    "SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True
)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https")
    if env.bool("TRUST_FORWARDED_PROTO", default=False)
    else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

_CSP: dict[str, list[str]] = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
    "form-action": ["'self'"],
}
SECURE_CSP = _CSP
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _CSP}

# Logging: never a header, body or query, which can carry a credential.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "filters": {
        "without_values": {"()": "config.log_filters.WithoutValues"},
        # Anybody can ask for pages that do not exist.
        "bounded": {"()": "apikeys.log_lines.BoundedWarnings", "lines": 100},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_values"],
        },
    },
    "loggers": {"django.request": {"filters": ["bounded"]}},
    "root": {
        "handlers": ["stderr"],
        "level": env.one_of("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
    },
}

# Django REST framework

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apikeys.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apikeys.api.permissions.IsKey"],
    "DEFAULT_PARSER_CLASSES": [
        "apikeys.api.parsers.JSONParser",
        "apikeys.api.parsers.FormParser",
        "apikeys.api.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apikeys.api.negotiation.AnswerAnyway",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # No ?format=: it would be answered before anybody is asked who they are.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CRM API",
    "DESCRIPTION": "Endpoints of the CRM and what a key may call.",
    "VERSION": "1.0.0",
    "SERVE_AUTHENTICATION": ["apikeys.api.authentication.StaffAuthentication"],
    "SERVE_INCLUDE_SCHEMA": False,
    # In the order of the URL conf.
    "SORT_OPERATIONS": False,
}

# Ours

# How long a body may take to arrive, and how many calls one worker makes at once.
BODY_SECONDS = env.float("BODY_SECONDS", default=5.0)
CALL_THREADS = env.int("CALL_THREADS", default=4)
# Peppers under which digests of secrets are made, as "number:text,number:text".
# The highest number signs; a row remembers its own. Losing one loses its keys.
API_KEY_PEPPERS = env.peppers("API_KEY_PEPPERS")
# Keys that open encrypted columns, newest first (Fernet).
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
# Networks whose X-Forwarded-For and gate headers are believed; "unix" stands for
# whoever is connected to the server's Unix socket.
TRUSTED_PROXIES = env.proxies("TRUSTED_PROXIES")
# Where the gate reads which call is asked about: "original" (nginx), "forwarded" (Caddy,
# Traefik), "url" (ingress-nginx) or "path" (Envoy). The other families are ignored.
GATE_HEADERS = env.str("GATE_HEADERS", default="original")
# Header pairs in which a key ID and its secret half may stand.
KEY_HEADER_PAIRS = env.pairs(
    "KEY_HEADER_PAIRS", default=["tld-api-id/tld-api-key", "x-api-id/x-api-key"]
)
# The host CRM's own paths that a key type covers, as JSON: {"v1": ["/crm"]}.
KEY_TYPE_EXTRA_PATHS = env.mapping("KEY_TYPE_EXTRA_PATHS")
# How old the cache version known to a process may be; 0 reads it on each call.
KEY_CACHE_MAX_STALE_SECONDS = env.float("KEY_CACHE_MAX_STALE_SECONDS", default=0.25)
# How long remembered grants serve while the database is away.
KEY_CACHE_OUTAGE_SECONDS = env.float("KEY_CACHE_OUTAGE_SECONDS", default=30.0)
# How many keys a process remembers.
KEY_CACHE_SIZE = env.int("KEY_CACHE_SIZE", default=10_000)
# Where calls leave what they need of the database: a "thread" of its own, so that none
# waits for long, or "inline", for tests (no other thread sees a test's transaction).
KEY_CACHE_READER = "thread"
# How often collected last uses are written; 0 writes each at once.
LAST_USE_FLUSH_SECONDS = env.float("LAST_USE_FLUSH_SECONDS", default=60.0)
