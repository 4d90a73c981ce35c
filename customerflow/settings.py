"""
Settings of CustomerFlow.

What differs from place to place comes from the environment and is named in the first part. Secure values are the
default; development (DEBUG=yes) loosens them.
"""

from pathlib import Path

from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from customerflow import environment
from customerflow.currencies import decimals_of

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What differs by place -------------------------------------------------------------------------------------------

DEBUG = environment.boolean("DEBUG", default=False)
SECRET_KEY = environment.secret_key(BASE_DIR / ".secret_key", debug=DEBUG)
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if DEBUG else "")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
# Where staff find it, for links in e-mails to them.
SITE_URL = environment.site("SITE_URL")
DATABASES = {"default": environment.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
BEHIND_PROXY = environment.boolean("BEHIND_PROXY", default=False)
HTTPS = environment.boolean("HTTPS", default=not DEBUG)
UPLOADS_DIR = environment.text("UPLOADS_DIR", str(BASE_DIR / "uploads"))
DOCUMENTS_DIR = environment.text("DOCUMENTS_DIR", str(BASE_DIR / "documents"))
# In bytes, of what is sent at once.
UPLOAD_LIMIT = environment.whole_number("UPLOAD_LIMIT_MB", 200) << 20
# In bytes, of the files of one message on a ticket.
ATTACHMENT_LIMIT = environment.whole_number("ATTACHMENT_LIMIT_MB", 20) << 20
HSTS_SUBDOMAINS = environment.boolean("HSTS_SUBDOMAINS", default=False)

# The operator: the ISP whose staff work here.
OPERATOR_NAME = environment.text("OPERATOR_NAME", "CustomerFlow")
OPERATOR_COUNTRY = environment.country("OPERATOR_COUNTRY", "US")
# What stands on documents besides the name.
OPERATOR_ADDRESS = environment.lines("OPERATOR_ADDRESS")
OPERATOR_TAX_NUMBER = environment.text("OPERATOR_TAX_NUMBER", "")
OPERATOR_EMAIL = environment.text("OPERATOR_EMAIL", "")
OPERATOR_PHONE = environment.text("OPERATOR_PHONE", "")
OPERATOR_BANK = environment.lines("OPERATOR_BANK")
# By whom and to which account direct debits are collected (SEPA); off where one of them is missing.
OPERATOR_IBAN = environment.text("OPERATOR_IBAN", "")
OPERATOR_BIC = environment.text("OPERATOR_BIC", "")
OPERATOR_CREDITOR_ID = environment.text("OPERATOR_CREDITOR_ID", "")
OPERATOR_LOGO = environment.picture("OPERATOR_LOGO")
CURRENCY = environment.text("CURRENCY", "USD")
CURRENCY_DECIMALS = decimals_of(CURRENCY)
TIME_ZONE = environment.time_zone("TIME_ZONE", "UTC")
LANGUAGE_CODE = environment.text("LANGUAGE_CODE", "en")
# What an hour of the help desk costs, in the currency; without it reports show only the time.
SUPPORT_HOURLY_COST = environment.amount("SUPPORT_HOURLY_COST", CURRENCY_DECIMALS)

# So many days after it was made the day of a promise to pay may be; and from so many broken in a row on there is a
# warning.
PROMISE_DAYS = environment.whole_number("PROMISE_DAYS", 30)
PROMISES_BROKEN = environment.whole_number("PROMISES_BROKEN", 2)

# Between which times of the day technicians visit customers; what of it nobody has taken is shown as free.
VISIT_HOURS = environment.hours("VISIT_HOURS", "08:00-17:00")

# Off where no server is named; in development e-mails are shown on the console.
EMAIL = environment.mail("EMAIL_URL", "console:" if DEBUG else "")
EMAIL_IS_ON = EMAIL is not None
globals().update(EMAIL or {})
DEFAULT_FROM_EMAIL = SERVER_EMAIL = OPERATOR_EMAIL or "customerflow@localhost"
# Where customers write to, and what answers on tickets come from.
SUPPORT_EMAIL = environment.text("SUPPORT_EMAIL", "") or DEFAULT_FROM_EMAIL
# The mailbox that `manage.py fetch_mail` reads; None where it is told which.
MAILBOX = environment.mailbox("IMAP_URL")
# The code of the type that tickets get which are opened by e-mail; empty: the first that is not retired.
MAIL_TICKET_TYPE = environment.text("MAIL_TICKET_TYPE", "")
# In bytes, of one e-mail that comes in.
MAIL_LIMIT = environment.whole_number("MAIL_LIMIT_MB", 30) << 20
EMAIL_TIMEOUT = 20
# What is sent to other systems goes to the public internet alone, unless the operator's network is meant to be told.
WEBHOOKS_TO_PRIVATE_ADDRESSES = environment.boolean("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=DEBUG)
# The program that webhooks to the address "command:" run instead; nobody can name one in the browser.
NETWORK_COMMAND = environment.program("NETWORK_COMMAND")
# In seconds, for an answer and for the program alike.
WEBHOOK_TIMEOUT = 10

if EMAIL_IS_ON and not (OPERATOR_EMAIL or DEBUG):
    raise ImproperlyConfigured("OPERATOR_EMAIL is not set: it is the sender of the e-mails that EMAIL_URL is for.")
if not (ALLOWED_HOSTS or DEBUG):
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set: name the hosts that people reach CustomerFlow by.")
if any("://" not in origin for origin in CSRF_TRUSTED_ORIGINS):
    raise ImproperlyConfigured("CSRF_TRUSTED_ORIGINS has an origin without a scheme: write https://example.com.")
if LANGUAGE_CODE.partition("-")[0] not in LANG_INFO:
    raise ImproperlyConfigured(f"LANGUAGE_CODE is {LANGUAGE_CODE!r}: write a language that Django knows, such as de.")

# --- Applications ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "customerflow.changes",
    "customerflow.history",
    "customerflow.staff",
    "customerflow.series",
    "customerflow.loads",
    # Before our jobs, which decide what of the queue the administration shows.
    "django_tasks_db",
    "customerflow.jobs",
    "customerflow.bulk",
    "customerflow.webhooks",
    "customerflow.saved_views",
    "customerflow.hub",
    "customers",
    "billing",
    "dunning",
    "suspensions",
    "bank",
    "reports",
    "shadow",
    "tickets",
    "visits",
    "incidents",
    "customerflow.staff.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_tasks",
    "django_filters",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "customerflow.security.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # It knows who sends, and nothing before it reads the body.
    "customerflow.security.BodySizeMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "customerflow.changes.requests.OriginMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "customerflow.urls"
WSGI_APPLICATION = "customerflow.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "customerflow.context.operator",
            ],
        },
    },
]

FILTERS_EMPTY_CHOICE_LABEL = _("Any")
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database --------------------------------------------------------------------------------------------------------

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers wait for one another instead of failing, and readers never wait: see docs/decisions.md.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        # The last one lets triggers see what REPLACE deletes.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON",
    }
    # A file, not memory: the browser tests and the race tests have several connections.
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.test"}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A new one reads the whole schema on SQLite, which takes longer than most pages.
DATABASES["default"]["CONN_MAX_AGE"] = 60

# --- Background work -------------------------------------------------------------------------------------------------

# The queue is in the database, so that a transaction that is rolled back has asked for nothing.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- Staff -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "staff.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "customerflow.staff.backends.GroupsBackend",
]
PASSWORD_HASHERS = [
    "customerflow.staff.hashers.Argon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "customerflow.staff.passwords.MaximumLengthValidator"},
]
# Five wrong passwords lock this name from this address for a quarter of an hour; nobody can lock out a colleague.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "customerflow.staff.addresses.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- Web security ----------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # data: for the small drawings inside the vendored style sheet (select arrows, check marks).
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
# It binds every host of the domain for years, so it is for who runs the domain to say.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and HSTS_SUBDOMAINS
# Both only ask for this switch.
SILENCED_SYSTEM_CHECKS = [] if HSTS_SUBDOMAINS else ["security.W005", "security.W021"]
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- Files that browsers load ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
# In development the files are served from where they lie.
STATIC_ROOT = None if DEBUG else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "customerflow" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Files that wait to be loaded: read by whoever serves pages and by the workers, and served to nobody.
    "uploads": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": UPLOADS_DIR, "base_url": None, "file_permissions_mode": 0o600},
    },
    # Invoices as they were issued, and what came with tickets: in every backup, and served to nobody.
    "documents": {
        "BACKEND": "customerflow.storage.LastingStorage",
        "OPTIONS": {"location": DOCUMENTS_DIR, "base_url": None, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Language, numbers, time -----------------------------------------------------------------------------------------

USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Logs ------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "axes": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
        "factur-x": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
    },
}
