from __future__ import annotations

from django.test import override_settings

from apikeys.app_settings import app_settings


def test_changed_setting_and_what_is_made_of_it_are_read_again():
    before = (app_settings.KEY_CACHE_SIZE, app_settings.key_headers)

    with override_settings(KEY_CACHE_SIZE=7, KEY_HEADER_PAIRS=(("acme-id", "acme"),)):
        assert app_settings.KEY_CACHE_SIZE == 7
        assert app_settings.key_headers == (("HTTP_ACME_ID", "HTTP_ACME"),)

    assert (app_settings.KEY_CACHE_SIZE, app_settings.key_headers) == before
