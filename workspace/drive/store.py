"""The S3 store behind one small port. Nothing else here knows S3, and nothing there knows of people or rights.

Keys: what a browser sends lands under `incoming/`, where the sender can write it again for as long as the signed form
lives. It is checked only after it was copied to where only the workspace writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.translation import gettext as _

from workspace.errors import Refusal

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

#: Seconds that a signed form takes uploads.
UPLOAD_SECONDS = 15 * 60
#: Seconds for one call to the store, and to reach it.
_READ_TIMEOUT, _CONNECT_TIMEOUT = 30, 5
#: Connections that are kept for the threads that may speak to the store at a time.
_CONNECTIONS = 48
#: S3 takes at most this many keys in one deletion.
_DELETED_AT_ONCE = 1000
_GONE = {"404", "NoSuchKey", "NotFound"}
#: That an object is not what it was.
_CHANGED = {"PreconditionFailed", "412", "InvalidRange", "416"}


class StoreError(Exception):
    """The base of what the store raises."""


class NoObject(StoreError):
    """There is no object of that key, or it changed in between."""


class StoreUnavailable(StoreError, Refusal):
    """The store does not answer or refuses: try again later. As text it says why, for the log."""

    code = "store_unavailable"
    status = 503

    @property
    def message(self) -> str:
        """In words."""
        return _("The store of files does not answer. Try again in a moment.")

    __str__ = Exception.__str__


@dataclass(frozen=True)
class StoreConfig:
    """Where the S3 is and what opens it. `origin` is where the pages come from that post to it."""

    url: str
    bucket: str
    access_key: str
    secret_key: str
    origin: str


@dataclass(frozen=True)
class Form:
    """What a browser posts, with the file as last field `file`: `url` and the other `fields`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Stored:
    """An object: bytes, media type as it was sent, entity tag."""

    size: int
    media_type: str
    etag: str


class Store:
    """One bucket. It is made, private, at the first use if it is not there."""

    def __init__(self, config: StoreConfig) -> None:
        self._config = config
        self._bucket = config.bucket
        self._prepared = False
        self._s3: S3Client = boto3.client(
            "s3",
            endpoint_url=config.url,
            aws_access_key_id=config.access_key,
            aws_secret_access_key=config.secret_key,
            region_name="us-east-1",
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=_CONNECT_TIMEOUT,
                read_timeout=_READ_TIMEOUT,
                max_pool_connections=_CONNECTIONS,
                retries={"max_attempts": 3, "mode": "standard"},
                # An S3 that is not Amazon's need not know the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                proxies={},
            ),
        )

    def prepare(self) -> None:
        """Make the bucket if it is not there, and let the workspace's pages post to it."""
        if self._prepared:
            return
        with _speaking():
            try:
                self._s3.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                if _code(error) not in _GONE | {"NoSuchBucket"}:
                    raise
                self._make()
            self._allow_origin()
        self._prepared = True

    def form(self, key: str, *, size: int, media_type: str, seconds: int = UPLOAD_SECONDS) -> Form:
        """A form that uploads exactly one object: this key, this size in bytes, this type, within so many seconds."""
        self.prepare()
        fields = {"Content-Type": media_type, "success_action_status": "201"}
        conditions: list[Any] = [
            {"key": key},
            ["eq", "$Content-Type", media_type],
            ["content-length-range", size, size],
            {"success_action_status": "201"},
        ]
        with _speaking():
            signed = self._s3.generate_presigned_post(
                self._bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=seconds
            )
        return Form(url=signed["url"], fields=dict(signed["fields"]))

    def head(self, key: str) -> Stored:
        """What is known of an object. Raises `NoObject`."""
        with _speaking():
            answer = self._s3.head_object(Bucket=self._bucket, Key=key)
        return Stored(answer["ContentLength"], answer.get("ContentType", ""), answer["ETag"].strip('"'))

    def copy(self, source: str, target: str, *, etag: str) -> None:
        """Copy inside the store. Raises `NoObject` where the source is gone or no longer has this `etag`."""
        with _speaking():
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=target,
                CopySource={"Bucket": self._bucket, "Key": source},
                CopySourceIfMatch=f'"{etag}"',
            )

    def beginning(self, key: str, length: int) -> bytes:
        """At most `length` first bytes of an object that is not empty. Raises `NoObject`."""
        with _speaking():
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{length - 1}")
            return answer["Body"].read(length)

    def part(self, key: str, first: int, length: int) -> bytes:
        """`length` bytes of an object from byte `first` on. Raises `NoObject`."""
        with _speaking():
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, Range=f"bytes={first}-{first + length - 1}")
            part = answer["Body"].read()
        if len(part) != length:
            raise NoObject(f"the object has {len(part)} bytes where there were {length}")
        return part

    def fetch(self, key: str, into: BinaryIO) -> None:
        """Write the whole object into an open file. Raises `NoObject`."""
        with _speaking():
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            into.writelines(answer["Body"].iter_chunks(1 << 20))

    def put(self, key: str, body: bytes, *, media_type: str) -> Stored:
        """Write an object, for what does not come from a browser."""
        self.prepare()
        with _speaking():
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=media_type)
        return self.head(key)

    def older(self, prefix: str, than: datetime) -> Iterator[str]:
        """The keys under `prefix` of objects that were written before `than`."""
        self.prepare()
        pages = iter(self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix))
        while True:
            with _speaking():
                page = next(pages, None)
            if page is None:
                return
            yield from (one["Key"] for one in page.get("Contents", ()) if one["LastModified"] < than)

    def delete(self, keys: Iterable[str]) -> set[str]:
        """Delete objects; one that is not there is deleted already. Answers those that the store would not delete."""
        listed, left = list(keys), set[str]()
        for start in range(0, len(listed), _DELETED_AT_ONCE):
            some = listed[start : start + _DELETED_AT_ONCE]
            with _speaking():
                answer = self._s3.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
                )
            left.update(error["Key"] for error in answer.get("Errors", ()))
        return left

    def _make(self) -> None:
        try:
            self._s3.create_bucket(Bucket=self._bucket)
        except ClientError as error:
            # Another process was quicker.
            if _code(error) not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise

    def _allow_origin(self) -> None:
        self._s3.put_bucket_cors(
            Bucket=self._bucket,
            CORSConfiguration={
                "CORSRules": [
                    {"AllowedOrigins": [self._config.origin], "AllowedMethods": ["POST"], "AllowedHeaders": ["*"]}
                ]
            },
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _speaking() -> Iterator[None]:
    """What boto3 raises, as what our callers know."""
    try:
        yield
    except ClientError as error:
        if _code(error) in _GONE | _CHANGED:
            raise NoObject("there is no such object in the store") from error
        raise StoreUnavailable(f"the store refused: {_code(error)}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"the store does not answer: {type(error).__name__}") from error
