"""Django's SMTP, which says more: whether a message may have gone out although no answer came."""

import smtplib

from django.core.mail.backends.smtp import EmailBackend


class UnansweredError(OSError):
    """The connection broke off after a message was handed over: whether the server took it, nobody knows."""


class _Asking:
    def data(self, message: str | bytes) -> tuple[int, bytes]:
        try:
            return super().data(message)
        except smtplib.SMTPResponseException:
            raise
        except OSError as error:
            raise UnansweredError(str(error)) from error


class _Smtp(_Asking, smtplib.SMTP):
    pass


class _SmtpOverTls(_Asking, smtplib.SMTP_SSL):
    pass


class SmtpBackend(EmailBackend):
    """Sends e-mails; raises `UnansweredError`, which Django's own does not tell from a server that is away."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """What speaks to the server."""
        return _SmtpOverTls if self.use_ssl else _Smtp
