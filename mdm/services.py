"""Which of the services that tests and checks can use are there: PostgreSQL, Redis, Chromium."""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import psycopg
import redis

from mdm.tryton import installation

POSTGRES_URL = os.environ.get(
    "ASSAY_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres"
)
REDIS_URL = os.environ.get("ASSAY_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
PATIENCE = 2  # seconds


@dataclass(frozen=True)
class Service:
    """What one service said when asked: it answers, it listens but refuses, or it is not there."""

    name: str
    listens: bool
    problem: str = ""

    @property
    def answers(self) -> bool:
        return self.listens and not self.problem


@cache
def postgres() -> Service:
    """Ask PostgreSQL at ASSAY_TEST_DATABASE_URL for a connection."""
    if problem := _silence(POSTGRES_URL, 5432):
        return Service("PostgreSQL", listens=False, problem=problem)
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=PATIENCE).close()
    except psycopg.Error as error:
        return Service("PostgreSQL", listens=True, problem=_one_line(error))
    return Service("PostgreSQL", listens=True)


@cache
def redis_server() -> Service:
    """Ask Redis at ASSAY_TEST_REDIS_URL for a ping."""
    if problem := _silence(REDIS_URL, 6379):
        return Service("Redis", listens=False, problem=problem)
    try:
        with redis.Redis.from_url(REDIS_URL, socket_timeout=PATIENCE) as client:
            client.ping()
    except redis.RedisError as error:
        return Service("Redis", listens=True, problem=_one_line(error))
    return Service("Redis", listens=True)


@cache
def chromium() -> Service:
    """Look for Debian's Chromium; nothing is downloaded."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return Service("Chromium", bool(found), "" if found else "no chromium on the PATH")


@cache
def tryton() -> Service:
    """Install Tryton for the tests, unless it is installed already: about a minute."""
    try:
        installation.ensure()
    except installation.Unavailable as error:
        return Service("Tryton", listens=False, problem=_one_line(error))
    return Service("Tryton", listens=True)


def _silence(url: str, default_port: int) -> str:
    """Why nothing can be heard at an address; empty if something listens there."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or default_port
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError as error:
        return f"nothing listens on {host}:{port} ({error.strerror or error})"
    return ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
