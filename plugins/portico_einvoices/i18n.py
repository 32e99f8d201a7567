"""The plugin's own gettext domain."""

from translationstring import TranslationStringFactory

_ = TranslationStringFactory("portico_einvoices")
