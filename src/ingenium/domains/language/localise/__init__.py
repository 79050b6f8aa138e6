"""Catalogues of messages in another language."""
