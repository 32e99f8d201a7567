"""A company's own sign-in may speak SAML 2.0."""

from alembic import op

revision = "c0026"
down_revision = "c0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE sso_provider ADD COLUMN kind text DEFAULT 'oidc' NOT NULL, ADD COLUMN entry text DEFAULT '' NOT NULL, "
        "ADD COLUMN certificates jsonb DEFAULT '[]'::jsonb NOT NULL, "
        "ADD CONSTRAINT ck_sso_provider_kind CHECK (kind IN ('oidc', 'saml'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE sso_provider DROP COLUMN kind, DROP COLUMN entry, DROP COLUMN certificates")
