"""Infrastructure only: where things are and how the parts find each other.

Everything a branch may want to tune about customers is a policy row in the database, not a
setting. Each environment variable read here is listed in docs/running.md.
"""

import os

# Read by the maths libraries when they are first imported, so it has to happen here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from cvm.localstack import DATABASES as DATABASE_SCHEMES
from cvm.localstack import QUEUES, LocalStack, celery_url, known, redis_database, redis_url, state_dir

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = state_dir()
DATABASE_IS_LOCAL = not env.str("DATABASE_URL", default="")
REDIS_IS_LOCAL = not env.str("REDIS_URL", default="")
LOCAL_STACK = LocalStack(state=STATE_DIR, with_postgres=DATABASE_IS_LOCAL, with_valkey=REDIS_IS_LOCAL)

# --- who we are ----------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="") or LOCAL_STACK.secret("secret-key")
# Phone numbers are looked up by their hash under this key (customers/numbers.py); a new key needs `rehash_numbers`.
NUMBER_KEY = (env.str("CVM_NUMBER_KEY", default="") or f"numbers {SECRET_KEY}").encode()
DEBUG = env.bool("CVM_DEBUG", default=False)
ALLOWED_HOSTS = env.list("CVM_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CVM_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "cvm.urls"
WSGI_APPLICATION = "cvm.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "customers",
    "segmentation",
    "lifecycle",
    "offers",
    "retention",
    "callcenter",
    "cvm",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "cvm.apps.StaticFiles",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_celery_beat",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "cvm.health.health_middleware",
    "cvm.outage.OutageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cvm.locale.CookieLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- language and time ---------------------------------------------------------------------------

# Of commands, and of pages until the reader chooses another.
LANGUAGE_CODE = env.str("CVM_LANGUAGE", default="zh-hans")
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# --- database ------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="") or LOCAL_STACK.database_url
known(DATABASE_URL, variable="DATABASE_URL", schemes=DATABASE_SCHEMES)
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
# django-environ leaves the %2F of a socket folder in the host name.
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
STATEMENT_TIMEOUT_MS = env.int("CVM_STATEMENT_TIMEOUT_MS", default=0)
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 10,
    "application_name": env.str("CVM_PROCESS", default="cvm"),
    # Pages must not hold a connection for ever; the night has no such limit.
    "options": (f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout={10 * 60 * 1000}"),
}

# --- queue and cache -----------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="") or LOCAL_STACK.redis_url
known(REDIS_URL, variable="REDIS_URL", schemes=QUEUES)
REDIS_DATABASE = redis_database(REDIS_URL)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # A database of its own: emptying the cache must never empty the queue.
        "LOCATION": redis_url(REDIS_URL, database=REDIS_DATABASE + 1),
        "KEY_PREFIX": "cvm",
        # Sessions are read here: a server that hangs costs a page two seconds, then the database answers.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}

CELERY_BROKER_URL = celery_url(REDIS_URL, database=REDIS_DATABASE)
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
# Longer than the longest task: a task still running would otherwise be delivered a second time.
CELERY_VISIBILITY_SECONDS = 15 * 60
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_VISIBILITY_SECONDS,
    "unacked_restore_throttle": 1,
    # A server that hangs or is cut off is an error after a while, not a wait for ever.
    "socket_timeout": 20,
    "socket_connect_timeout": 10,
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_SECONDS}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 10 * 60
CELERY_TASK_TIME_LIMIT = 12 * 60
# Events have a queue and workers of their own: no night, however long, stands before them.
CELERY_TASK_ROUTES = {"cvm.events.tasks.*": {"queue": "events"}}
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# The whole of it is waited for when anything runs; what is not done by then goes back to the queue.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# Customers per bucket: one bucket is one transaction and one task of the night.
CVM_BUCKET_SIZE = env.int("CVM_BUCKET_SIZE", default=65536)

# The largest file taken, packed or not (customers/importing/guards.py).
CVM_IMPORT_LARGEST_MB = env.int("CVM_IMPORT_LARGEST_MB", default=4096)
# Copies of files on their way in; web and worker processes share this folder.
SPOOL_DIR = Path(env.str("CVM_SPOOL", default=str(STATE_DIR / "spool")))
# Where other systems put files for us (cvm/imports/inbox.py).
INBOX_DIR = Path(env.str("CVM_INBOX", default=str(STATE_DIR / "inbox")))

# Requested files until they are fetched; the web servers and the workers must see the same folder.
EXPORTS_DIR = Path(env.str("CVM_EXPORTS", default=str(STATE_DIR / "exports")))

# The frame ladders are tried on (segmentation/ladder_store.py); workers fill it for the web servers of a shared folder.
LADDER_DIR = Path(env.str("CVM_LADDER", default=str(STATE_DIR / "ladder")))

# --- people --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "customers.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "cvm.passwords.LongEnough",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# --- safety of the page --------------------------------------------------------------------------

HTTPS = env.bool("CVM_HTTPS", default=False)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_ENGINE = "cvm.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- static files --------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
ASSETS_DIR = Path(env.str("CVM_ASSETS", default=str(STATE_DIR / "assets")))
STATICFILES_FINDERS = [
    "cvm.storage.AssetsFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "cvm.storage.StaticStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = env.bool("CVM_STATIC_FINDERS", default=False)
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS

# --- API -----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cvm.api.permissions.MayReadApi"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_RATES": {"imports": "60/min"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CVM",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["cvm.api.permissions.MayReadApi"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"FileKindEnum": "customers.models.MappingTemplate.Kind"},
}

# --- logs ----------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("CVM_LOG_LEVEL", default="INFO")},
    "loggers": {"axes": {"level": "WARNING"}, "celery.utils.functional": {"level": "INFO"}},
}
