"""The settings: one table, read once from the environment."""

import os

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.http.schemas import MAX_BEATS
from app.registry.shadow import EXAMPLE, Shadow, shadows


class Settings(BaseSettings):
    """Each is set by the environment variable `CARDIODE_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CARDIODE_", frozen=True)

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for all")
    port: int = Field(8000, ge=0, le=65_535, description="port to listen on")
    operations_port: int | None = Field(
        None,
        ge=0,
        le=65_535,
        description="port of its own for /metrics, which is then on no other, and /health, without API keys; None: the "
        "same port",
    )
    operations_host: str = Field("", description="address to listen on for that port; left out: that of the service")
    api_keys_file: str = Field(
        "", description="file of API keys, which `cardiode keys` makes; where it is set, requests need one of them"
    )
    anonymous: bool = Field(
        False, description="serve whoever can reach the service, without API keys, though its address is not loopback"
    )
    cors_origins: str = Field(
        "",
        description="origins whose pages may ask the service, separated by commas, such as https://ward.example; * for "
        "all, none for no other than its own",
    )
    models: str = Field(
        "odenet,resnet,rhythm",
        description="models to serve, separated by commas: names in the zoo, checkpoint files, or folders of them; "
        "where a request names none, the first that takes beats by themselves answers it, and the first that takes "
        "whole recordings those; of several of one name the first is the current one",
    )
    shadow: str = Field(
        "",
        description="models that decide beside others on a share of the requests to classify, without being heard, "
        f"separated by commas: {EXAMPLE}",
    )
    max_body_bytes: int = Field(20_000_000, ge=1, description="largest request body, but for recordings as files")
    body_seconds: float = Field(
        30,
        gt=0,
        allow_inf_nan=False,
        description="how long each 64 KiB of a request's body, or its rest, may take to come",
    )
    head_seconds: float = Field(
        10, gt=0, allow_inf_nan=False, description="how long a request's first line and headers may take to come"
    )
    answer_seconds: float = Field(
        30,
        gt=0,
        allow_inf_nan=False,
        description="how long a client may read none of an answer that waits for it, or of a live stream's messages",
    )
    explained_beats: int = Field(
        64, ge=0, description="most beats of a request that asks to explain them; each costs as much as 50 others"
    )
    max_recording_bytes: int = Field(500_000_000, ge=1, description="largest recording, as sent and as unpacked")
    max_recording_values: int = Field(
        250_000_000, ge=1, description="most samples of a recording, over all its leads; each takes 4 bytes on disk"
    )
    strict: bool = Field(
        False,
        description="refuse recordings that are otherwise read with a warning, as those with a wrong checksum are, "
        "unless a request says otherwise (strict)",
    )
    recordings_at_once: int = Field(
        4, ge=1, description="recordings that are worked on at once; others are refused with Retry-After"
    )
    recording_seconds: float = Field(
        900,
        gt=0,
        allow_inf_nan=False,
        description="how long a recording may be worked on, from when all of it has come until it is answered",
    )
    recordings_kept: int = Field(8, ge=1, description="recordings that are kept for the page; the oldest makes place")
    keep_seconds: int = Field(3600, ge=1, description="how long one is kept after it was last looked at")
    streams: int = Field(64, ge=0, description="live streams at once")
    stream_seconds: float = Field(
        60, gt=0, allow_inf_nan=False, description="how long a live stream may say nothing, before it is ended"
    )
    workers: int = Field(0, ge=0, description="processes that solve, each a batch at a time on one core; 0: one a core")
    batch_beats: int = Field(128, ge=1, description="most beats that are solved together")
    batch_wait: float = Field(
        0.01,
        ge=0,
        allow_inf_nan=False,
        description="seconds that beats wait at most for those of other requests, while others are being solved",
    )
    queue_beats: int = Field(
        8192,
        ge=MAX_BEATS,
        description="most beats that wait to be solved; requests beyond are refused with Retry-After",
    )
    queue_seconds: float = Field(
        0.5,
        gt=0,
        allow_inf_nan=False,
        description="seconds that a request's first beats should wait at most, by how fast beats were solved lately; "
        "requests that would wait longer are refused with Retry-After",
    )
    deadline: float = Field(
        30,
        gt=0,
        allow_inf_nan=False,
        description="seconds that a request to classify may take; one may ask for less by the header "
        "Cardiode-Deadline-Ms",
    )
    shutdown_seconds: int = Field(30, ge=0, description="how long requests in flight may take to finish at the end")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level that is logged")

    @field_validator("shadow")
    @classmethod
    def _shadows(cls, text: str) -> str:
        shadows(text)
        return text

    @property
    def shadows(self) -> tuple[Shadow, ...]:
        """The entries of `shadow`."""
        return shadows(self.shadow)

    @property
    def model_names(self) -> list[str]:
        """The entries of `models`."""
        return _entries(self.models)

    @property
    def allowed_origins(self) -> list[str]:
        """The entries of `cors_origins`."""
        return _entries(self.cors_origins)

    @property
    def solver_workers(self) -> int:
        """Workers: one a core that the process may use, where `workers` says nothing else."""
        return self.workers or len(os.sched_getaffinity(0))


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def table() -> str:
    """The settings as text: variable, default, meaning."""
    fields = Settings.model_fields.items()
    return "\n".join(f"CARDIODE_{name.upper()} ({field.default}): {field.description}" for name, field in fields)
