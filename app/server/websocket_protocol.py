"""The WebSocket protocol of the server: uvicorn's by websockets, with a bound for how slowly messages are read."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.server.patience import AnswersTaken


class PatientWebSockets(AnswersTaken, WebSocketsSansIOProtocol):
    """Breaks off a connection whose messages are not read."""
