"""Settings, read once from the environment; a missing or malformed one stops the start."""

from pathlib import Path

from django.templatetags.static import static

from mdm import environment, logs
from mdm.environment import BASE_DIR, DEMO, PRODUCTION, VAR_DIR, env

DEBUG = env.bool("ASSAY_DEBUG", False) and not PRODUCTION
SECRET_KEY = environment.secret_key()
ALLOWED_HOSTS = environment.allowed_hosts()

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "import_export",
    "oauth2_provider",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "canonical",
    "matching",
    "sync",
    "mdm",
]

MIDDLEWARE = [
    "mdm.metrics.CountRequests",
    "mdm.headers.SecurityHeaders",
    "canonical.context.CorrelationMiddleware",
    "canonical.api.contract.handler.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "mdm.urls"
WSGI_APPLICATION = "mdm.wsgi.application"
ASGI_APPLICATION = "mdm.asgi.application"

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
                "mdm.signin.offered",
            ],
        },
    },
]

DATABASES = {"default": environment.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SIMPLE_HISTORY_DATE_INDEX = False  # history is read by golden record and version
AUTH_USER_MODEL = "canonical.User"
OAUTH2_PROVIDER_APPLICATION_MODEL = "canonical.Credential"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "mdm.formats"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("ASSAY_STATIC_DIR", str(VAR_DIR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = not PRODUCTION
if PRODUCTION:  # what collectstatic gathered, under names that may be kept for ever
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
STATICFILES_DIRS = [path] if (path := BASE_DIR / "static").is_dir() else []

# What amounts are summed in where they are compared: value at risk.
ASSAY_CURRENCY: str = env.str("ASSAY_CURRENCY", "EUR")

# Browsers. TLS ends at the proxy in front; ASSAY_TLS=false is for a hub inside a closed network.
TLS = env.bool("ASSAY_TLS", PRODUCTION)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = TLS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_TRUSTED_ORIGINS: list[str] = env.list("ASSAY_TRUSTED_ORIGINS", [])
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# An identity provider (OpenID Connect), switched on by a client id; local accounts stay.
OIDC_ENABLED = bool(env.str("ASSAY_OIDC_CLIENT_ID", ""))
OIDC_NAME = env.str("ASSAY_OIDC_NAME", "single sign-on")
OIDC_ISSUER = env.str("ASSAY_OIDC_ISSUER", "")
OIDC_GROUPS_CLAIM = env.str("ASSAY_OIDC_GROUPS_CLAIM", "groups")
# Their names for our groups, such as mdm-stewards=steward; what is not named keeps its name.
OIDC_GROUPS: dict[str, str] = env.dict("ASSAY_OIDC_GROUPS", {})
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if OIDC_ENABLED:
    INSTALLED_APPS.append("mozilla_django_oidc")
    AUTHENTICATION_BACKENDS.append("mdm.signin.ProviderBackend")
    MIDDLEWARE.append("mozilla_django_oidc.middleware.SessionRefresh")
    for name, value in environment.identity_provider(OIDC_ISSUER).items():
        globals()[name] = value

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# The worker. Hints are taken off the queue at once (a lost one is found by the sweep), results and
# remote control are not used, and a web request never waits longer than half a second to publish.
CELERY_BROKER_URL = environment.required_in_production("ASSAY_BROKER_URL", "folder://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS = environment.broker_options(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = 0.5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_DEFAULT_QUEUE = "hints"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.int("ASSAY_WORKER_THREADS", 8)
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # static: nothing to keep on disk
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "mdm.sweep", "schedule": 10, "options": {"expires": 10}},
}
CELERY_TIMEZONE = "UTC"

# Targets. Demo mode alone may deliver to this machine itself.
ALLOW_LOCAL_TARGETS = DEMO
# Private networks that targets may be in, such as 10.20.0.0/16; everything else must be public.
ASSAY_EGRESS_NETWORKS: list[str] = env.list("ASSAY_EGRESS_NETWORKS", [])
# Seconds that one delivery may take in all; a lane is leased for twice that and a little.
ASSAY_DELIVERY_SECONDS: float = env.float("ASSAY_DELIVERY_SECONDS", 15.0)
# Keys for secrets at rest: the first encrypts, all decrypt; without any, SECRET_KEY is the key.
ASSAY_ENCRYPTION_KEYS: list[str] = env.list("ASSAY_ENCRYPTION_KEYS", [])

# The API. Random secrets need no slow hash; what people choose keeps Django's first.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "canonical.api.contract.oauth.RandomSecretHasher",
]
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "OAUTH2_VALIDATOR_CLASS": "canonical.api.contract.oauth.RotatingSecretValidator",
    "SCOPES_BACKEND_CLASS": "canonical.api.contract.oauth.CredentialScopes",
    "CLIENT_SECRET_HASHER": "sha256_random",
    "ACCESS_TOKEN_EXPIRE_SECONDS": env.int("ASSAY_TOKEN_SECONDS", 3600),
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    # What RFC 9700 asks of everyone, though only the client credentials grant is offered here.
    **{
        f"COMPLIANT_BCP_RFC9700_{rule}": True
        for rule in (
            *("TOKEN_STORAGE", "IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD"),
            *("ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS", "REFRESH_TOKEN"),
            "REDIRECT_URI_SCHEME",
        )
    },
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "canonical.api.contract.authentication.BearerAuthentication",
        "canonical.api.contract.authentication.ConsoleAuthentication",
    ],
    "DEFAULT_PARSER_CLASSES": ["canonical.api.contract.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["canonical.api.contract.renderers.ContractRenderer"],
    "DEFAULT_SCHEMA_CLASS": "canonical.api.contract.openapi.ContractSchema",
    "EXCEPTION_HANDLER": "canonical.api.contract.handler.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "Golden records for professional-services firms.",
    "VERSION": "1",
    "SERVERS": [{"url": "/", "description": "This hub."}],
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "canonical.api.contract.openapi.complete",
        "canonical.api.schemas.add_entities",
    ],
}
# Requests a minute: by credential or person; by address for those without a valid token.
# Counted exactly with ASSAY_CACHE_URL (Redis), else by each web process for itself.
ASSAY_RATE_LIMITS = {
    "credential": env.int("ASSAY_RATE_LIMIT", 60_000),
    "anonymous": env.int("ASSAY_RATE_LIMIT_ANONYMOUS", 600),
    "token": env.int("ASSAY_RATE_LIMIT_TOKEN", 600),
}
# Rows of lists and snapshots that a credential or person reads in a day.
ASSAY_ROWS_A_DAY = env.int("ASSAY_ROWS_A_DAY", 20_000_000)
CACHES = {"default": environment.cache()}

METRICS_TOKEN = env.str("ASSAY_METRICS_TOKEN", "")
LOGGING = logs.configure(env.str("ASSAY_LOG_LEVEL", "INFO"))

UNFOLD = {
    "SITE_TITLE": "Assay",
    "SITE_HEADER": "Assay",
    "SITE_SUBHEADER": "Golden records",
    "SITE_SYMBOL": "verified",
    "SHOW_HISTORY": False,  # a golden record's page has a history of its own
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/icon.svg")}
    ],
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/console.js")],
    "DASHBOARD_CALLBACK": "mdm.console.home.dashboard",
    "SIDEBAR": {"navigation": "mdm.console.navigation.sidebar"},
    "BORDER_RADIUS": "4px",
    "COLORS": {
        "primary": {
            "50": "oklch(98% .02 85)",
            "100": "oklch(95% .045 85)",
            "200": "oklch(90% .08 85)",
            "300": "oklch(84% .12 83)",
            "400": "oklch(77% .14 80)",
            "500": "oklch(68% .14 76)",
            "600": "oklch(57% .12 72)",
            "700": "oklch(48% .1 70)",
            "800": "oklch(40% .08 68)",
            "900": "oklch(34% .065 66)",
            "950": "oklch(24% .045 64)",
        },
    },
}
