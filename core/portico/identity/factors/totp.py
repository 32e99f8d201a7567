"""Codes of an authenticator app: RFC 6238, SHA-1, six digits, 30 seconds, which is what all apps can do."""

from __future__ import annotations

import hmac
import time

import pyotp

STEP_S = 30
WINDOW = 1
"""Steps before and after now that are taken too: clocks are not exact (RFC 6238 §5.2)."""


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32(32)


def address(secret: str, account: str, issuer: str) -> str:
    """The otpauth:// address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def step_of(secret: str, code: str, at: float | None = None) -> int | None:
    """The time step that `code` belongs to, None if it fits none near now. Each step is good once: see `factor_use_step`."""
    digits = code.replace(" ", "").replace("-", "").translate(_DIGITS)
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    now = int((time.time() if at is None else at) // STEP_S)
    generator = pyotp.TOTP(secret)
    fitting = [
        step
        for step in range(now - WINDOW, now + WINDOW + 1)
        if hmac.compare_digest(generator.generate_otp(step), digits)
    ]
    return fitting[-1] if fitting else None


# People write digits in their own script: Arabic-Indic and Persian ones mean the same.
_DIGITS = {ord(zero) + n: str(n) for zero in "٠۰" for n in range(10)}
