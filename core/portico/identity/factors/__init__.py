"""Second factors: an authenticator's codes, passkeys, and recovery codes for the day both are lost (SEC-2)."""
