"""What `app.server` builds on is no public interface of uvicorn: another version may lack it, and must say so here."""

import asyncio
import inspect

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.server.http_protocol import BoundedHeads
from app.server.patience import AnswersTaken
from app.server.websocket_protocol import PatientWebSockets


def public(protocol):
    """The names of its functions, but for that which `Room` calls."""
    functions = {name for name, value in vars(protocol).items() if inspect.isfunction(value)}
    return {name for name in functions if not name.startswith("_")} - {"give_way"}


WRITING = public(AnswersTaken)
HTTP = public(BoundedHeads) | WRITING | {"_should_upgrade", "_start_asgi_task"}


@pytest.mark.parametrize("name", sorted(HTTP))
def test_what_is_overridden_of_the_http_protocol_is_called_by_it(name):
    assert callable(getattr(HttpToolsProtocol, name))


@pytest.mark.parametrize("name", sorted(public(PatientWebSockets) | WRITING))
def test_what_is_overridden_of_the_websocket_protocol_is_called_by_it(name):
    assert callable(getattr(WebSocketsSansIOProtocol, name))


@pytest.mark.parametrize("protocol", [BoundedHeads, PatientWebSockets])
def test_a_connection_has_what_is_used_of_it(protocol):
    async def made():
        config = uvicorn.Config(app=lambda *_: None, lifespan="off")
        config.load()
        return protocol(config=config, server_state=uvicorn.server.ServerState(), app_state={})

    connection = asyncio.run(made())
    for name in ("config", "loop", "transport"):
        assert hasattr(connection, name)


def test_a_refusal_has_a_line_and_a_way_to_be_sent():
    assert STATUS_LINE[408].startswith(b"HTTP/1.1 408 ")
    assert list(inspect.signature(HttpToolsProtocol.send_400_response).parameters) == ["self", "msg"]
