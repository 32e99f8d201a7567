"""Single sign-on of one company by OpenID Connect: its sessions are good in that company alone."""
