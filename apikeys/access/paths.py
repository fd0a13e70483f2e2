"""Endpoint patterns and the one form of a path that they are matched against.

A pattern is a path without scheme, host or query. Without `*` it is exact; `*`
stands for any run of characters, `/` included (TLDCRM's examples need that).
Case-sensitive, anchored at both ends. A trailing slash is not significant, so
`/api/egress/*` covers `/api/egress` as it covers `/api/egress/`.

The matcher is our own: a regular expression or `fnmatch` from a user's text
could be slow or mean more than it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from apikeys.access.entries import without_invisible
from apikeys.access.templates import with_stars

MAX_PATTERN_LENGTH = 500
MAX_PATH_LENGTH = 4096

# Methods (see `judged_method`) that change nothing: all that a read-only key may use.
READING_METHODS = ("GET", "OPTIONS")

# Characters that NFKC (or a table of Windows) makes to one of `/ . \\ ; ? # %`.
FOLDED = (
    "\u037e\u2024-\u2026\u2044\u2047-\u2049\u2100\u2101\u2105\u2106\u2215\u2216"
    "\u2488-\u249b\u33c2\u33c7\u33d8\ufe14\ufe16\ufe19\ufe30\ufe52\ufe54\ufe56\ufe5f"
    "\ufe68\ufe6a\uff03\uff05\uff0e\uff0f\uff1b\uff1f\uff3c\U0001f100"
)
_BLANK = r" \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CUT = rf"\x00-\x1f\x7f-\x9f\\;?#{FOLDED}"
# Nearly every path; tried first, since it takes half of the time.
_PLAIN = re.compile(rf"(?:/[^/.+{_BLANK}{_CUT}][^/{_BLANK}{_CUT}]*+)++/?")
# What some reader behind the gate cuts (`;`, `?`, `#`, control characters), folds to
# another character, or trims: blanks at the ends of a segment, and segments of dots,
# among blanks or the `+` that forms write for one.
_FORBIDDEN = re.compile(
    rf"[{_CUT}]|//|/[+{_BLANK}]*\.[.+{_BLANK}]*(?=/|$)"
    rf"|/[{_BLANK}]|[{_BLANK}](?=/|$)"
)
_ENCODED_SEPARATOR = re.compile(r"%(?:2f|2e|5c)", re.IGNORECASE)
_SENT_AS_IT_IS = "!$%&'()*+,-./:;=?@[\\]_|~"
_SCHEME_AND_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
# Where the query or the fragment of a pasted URL begins; (?P<id>…) and #{id} are neither.
_QUERY = re.compile(r"(?<!\()\?|#(?!\{)")
_FORBIDDEN_IN_PATTERN = re.compile(r"[\s?#%]")
# Methods hold none of the signs that a path or an address begins with.
_METHODS_AND_REST = re.compile(r"([^/*:]+)\s+(.*)", re.DOTALL)
_BETWEEN_METHODS = re.compile(r"[\s,]+")
_METHOD = re.compile(r"[A-Za-z]{1,20}")


class MalformedPattern(ValueError):
    """The text is no endpoint pattern; `str()` says why.

    `suggestion` is the pattern that it probably means.
    """

    def __init__(self, why: str, suggestion: str = "") -> None:
        super().__init__(why)
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Pattern:
    """An endpoint pattern: its methods (none: any) and its path, cut at its stars."""

    text: str
    methods: tuple[str, ...]
    parts: tuple[str, ...]
    is_prefix: bool  # the usual form: one star, at the end

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a call with this method of a normal path matches."""
        if self.methods and judged_method(method) not in self.methods:
            return False
        return self.matches_path(path)

    def matches_path(self, path: str) -> bool:
        """Tell whether a normal path (see `normal_path`) matches with some method."""
        if len(self.parts) == 1:
            return path == self.parts[0]
        with_slash = f"{path}/"
        if self.is_prefix:
            return with_slash.startswith(self.parts[0])
        return self._fits(path) or self._fits(with_slash)

    def reaches(self, prefix: str) -> bool:
        """Tell whether some path matches that `is_below` the prefix."""
        first = self.parts[0]
        if len(self.parts) == 1:
            return is_below(first, prefix)
        return prefix.startswith(first) or first.startswith(f"{prefix}/")

    def _fits(self, path: str) -> bool:
        first, *middle, last = self.parts
        if len(path) < len(first) + len(last):
            return False
        if not path.startswith(first) or not path.endswith(last):
            return False
        position, end = len(first), len(path) - len(last)
        for part in middle:
            found = path.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True


def judged_method(method: str) -> str:
    """Return the method that rules ask about: in capitals, GET for HEAD.

    Some upstreams read "get" as GET, and whoever may GET learns all that HEAD tells.
    """
    method = method.upper()
    return "GET" if method == "HEAD" else method


def compile_pattern(text: str) -> Pattern:
    """Return the matcher of a pattern that `normal_pattern` has accepted."""
    methods, _, path = text.rpartition(" ")
    is_prefix = path.find("*") == len(path) - 1
    names = tuple(methods.split(",")) if methods else ()
    return Pattern(text, names, tuple(path.split("*")), is_prefix)


def is_open_pattern(text: str) -> bool:
    """Tell whether a pattern in its stored form leaves every path open to any method."""
    return "*" in text and not text.strip("*/")


def normal_pattern(text: str) -> str:
    """Return the stored form of a pattern as a person typed or pasted it.

    That is `/path`, or `GET,POST /path` with the methods in the order typed. Scheme,
    host, query and fragment of a pasted URL are dropped, repeated stars and methods
    folded, HEAD into GET. Raises `MalformedPattern`.
    """
    methods, path = _methods_and_path(text.strip())
    pattern = f"{','.join(methods)} {path}" if methods else path
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise MalformedPattern(
            f"A pattern has at most {MAX_PATTERN_LENGTH} characters."
        )
    return pattern


def _methods_and_path(text: str) -> tuple[list[str], str]:
    found = _METHODS_AND_REST.fullmatch(text)
    if found is None:
        return [], _normal_pattern_path(text)
    names = [name for name in _BETWEEN_METHODS.split(found[1]) if name]
    for name in names:
        if not _METHOD.fullmatch(name):
            raise MalformedPattern(
                "A method has only letters, at most 20, as in GET,POST /path."
            )
    methods = list(dict.fromkeys(map(judged_method, names)))
    try:
        return methods, _normal_pattern_path(found[2])
    except MalformedPattern as error:
        if error.suggestion and methods:
            error.suggestion = f"{','.join(methods)} {error.suggestion}"
        raise


def _normal_pattern_path(text: str) -> str:
    path = _QUERY.split(without_host(text), maxsplit=1)[0]
    path = re.sub(r"\*+", "*", path)
    _refuse_what_never_comes(path)
    if not path.startswith(("/", "*")):
        raise MalformedPattern("A pattern is a path and starts with /.")
    if _FORBIDDEN.search(path) or _FORBIDDEN_IN_PATTERN.search(path):
        raise MalformedPattern(
            "A pattern has no spaces, %, \\, ;, empty or dot segments, or look-alikes:"
            " no path with one is ever let through."
        )
    return path.rstrip("/") or "/"


def _refuse_what_never_comes(path: str) -> None:
    """Refuse placeholders and what nobody sees: stored, it would match no call."""
    starred, seen = with_stars(path), without_invisible(path)
    if starred != path:
        why = "A pattern has * for any run of characters, and no other placeholders."
    elif seen != path:
        why = "A pattern has no invisible characters."
    else:
        return
    raise MalformedPattern(why, _if_pattern(without_invisible(starred)))


def _if_pattern(path: str) -> str:
    try:
        path = _normal_pattern_path(path)
    except MalformedPattern:
        return ""
    # Nobody is led to open everything.
    return "" if is_open_pattern(path) else path


def normal_path(decoded: str) -> str | None:
    """Return the matched form of a path that the router has decoded once.

    Nothing for a path with `//`, dot segments, `\\`, `;`, `?`, `#`, control characters,
    blanks at the end of a segment or look-alikes of these: proxies and frameworks read
    it in different ways.
    """
    return _normal(decoded) if len(decoded) <= MAX_PATH_LENGTH else None


def normal_raw_path(target: str) -> str | None:
    """Return the matched form of the path in a raw request target (with `%xx`).

    Stricter than `normal_path`, since an upstream in another language decodes it
    again: nothing too for encoded slashes, dots and backslashes, and for any `%`
    left after one decoding.
    """
    path = target.partition("?")[0]
    if not path.isascii() or len(path) > 3 * MAX_PATH_LENGTH:
        return None
    if "%" not in path:
        return normal_path(path)
    if _ENCODED_SEPARATOR.search(path):
        return None
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return None
    return None if "%" in decoded else normal_path(decoded)


def normal_decoded_path(path: str) -> str | None:
    """Return the matched form of a path that a WSGI server has decoded once.

    Of `PATH_INFO`, whose characters stand for bytes (PEP 3333). As strict as
    `normal_raw_path`, but for what decoding has hidden: an encoded slash is a slash here.
    """
    try:
        decoded = path.encode("latin-1").decode()
    except UnicodeError:
        return None
    return None if "%" in decoded else normal_path(decoded)


def as_sent(text: str) -> str:
    """Return a path as a person types it in the form in which a browser sends it.

    Scheme, host and fragment stay behind; what is not ASCII goes out as UTF-8, and a
    `%xx` that was typed as it is (WHATWG URL, path percent-encode set).
    """
    path = without_host(text.strip()).partition("#")[0]
    return quote(path.encode("utf-8", "surrogatepass"), safe=_SENT_AS_IT_IS)


def without_host(text: str) -> str:
    """Return a pasted URL without its scheme and host; a path stays as it is."""
    return _SCHEME_AND_HOST.sub("", text)


def is_below(path: str, prefix: str) -> bool:
    """Tell whether a path is the prefix itself or stands below it."""
    return path == prefix or path.startswith(f"{prefix}/")


# Callers repeat themselves, and the expression takes longer than a look-up.
@lru_cache(maxsize=256)
def _normal(decoded: str) -> str | None:
    if _PLAIN.fullmatch(decoded):
        return decoded.rstrip("/")
    if not decoded.startswith("/") or _FORBIDDEN.search(decoded):
        return None
    return decoded.rstrip("/") or "/"
