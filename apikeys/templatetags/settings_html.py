from __future__ import annotations

from django import template

from apikeys import html

register = template.Library()
register.filter("ago", html.ago)
register.filter("day", html.day)
register.filter("exact", html.exact)
register.filter("changes", html.changes_html)
