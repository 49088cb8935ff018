"""Who may come in: whoever knows this run's token, and only from the page's own address."""

import secrets
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

_READING = {hdrs.METH_GET, hdrs.METH_HEAD}
_STRANGER = "403: open the address that the program printed when it started\n"
_ELSEWHERE = "403: this page answers to 127.0.0.1 and localhost on its own port only\n"
_FOREIGN = "403: this was not asked by the control page\n"


def guarded(port: int, token: str) -> Middleware:
    """A middleware that answers 403 to everybody but the operator's own browser.

    The first visit, /?token=…, leaves the token in a cookie, so that it stays out of the address
    bar and of whatever the page loads. Cookies do not tell ports apart: its name does.
    """
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    cookie = f"hairline_{port}"

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Another name in Host is a web site that has itself resolved to this machine.
        if request.host not in hosts:
            return web.Response(status=403, text=_ELSEWHERE)
        if not _is_own(request):
            return web.Response(status=403, text=_FOREIGN)
        if request.path == "/" and request.method == hdrs.METH_GET and "token" in request.query:
            if not _same(request.query["token"], token):
                return web.Response(status=403, text=_STRANGER)
            welcome = web.Response(status=303, headers={hdrs.LOCATION: "/"})
            welcome.set_cookie(cookie, token, httponly=True, samesite="Strict", path="/")
            return welcome
        if not _same(request.cookies.get(cookie, ""), token):
            return web.Response(status=403, text=_STRANGER)
        return await handler(request)

    return guard


def _is_own(request: web.Request) -> bool:
    """Whether the page itself asks. Browsers send Origin with all that changes anything.

    Other ports of this machine count as the same site for cookies, but not as the same origin.
    """
    site, mode = (request.headers.get(f"Sec-Fetch-{part}") for part in ("Site", "Mode"))
    if site not in (None, "none", "same-origin") and mode != "navigate":
        return False
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None:
        return origin == f"http://{request.host}"
    return request.method in _READING and hdrs.UPGRADE not in request.headers


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())


def secured(port: int) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Adds the headers that keep other sites out and the browser from keeping anything."""
    sockets = f"ws://127.0.0.1:{port} ws://localhost:{port}"
    headers = {
        "Content-Security-Policy": (
            f"default-src 'self'; connect-src 'self' {sockets}; img-src 'self' blob: data:; "
            "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Server": "hairline",
    }

    async def secure(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    return secure
