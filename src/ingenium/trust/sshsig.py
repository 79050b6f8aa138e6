"""Ed25519 signatures in the form of OpenSSH, so that `ssh-keygen -Y verify` reads them too.

Keys are the user's own (`ssh-keygen -t ed25519`); none is created or stored here.

Source: OpenSSH, PROTOCOL.sshsig; RFC 8032 (Ed25519); RFC 8709 (Ed25519 in SSH).
"""

import base64
import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.packages import Extra

KIND, MAGIC, HASH = b"ssh-ed25519", b"SSHSIG", b"sha512"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
WIDTH = 70  # of a line, as ssh-keygen writes it
PACKAGES = Extra("audit")


@dataclass(frozen=True)
class Signature:
    """Contents of a signature: its key, its purpose, and its 64 bytes."""

    key: bytes  # 32 bytes, public
    namespace: str
    seal: bytes

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the key, as `ssh-keygen -l` shows it."""
        digits = hashlib.sha256(_text(KIND) + _text(self.key)).digest()
        return f"SHA256:{base64.b64encode(digits).decode().rstrip('=')}"


def sign(message: bytes, namespace: str, key: Any) -> str:
    """Sign a message for a purpose with an `Ed25519PrivateKey`."""
    public = key.public_key().public_bytes_raw()
    seal = key.sign(_covered(message, namespace.encode()))
    blob = MAGIC + struct.pack(">I", 1) + _text(_text(KIND) + _text(public))
    blob += _text(namespace.encode()) + _text(b"") + _text(HASH)
    blob += _text(_text(KIND) + _text(seal))
    body = base64.b64encode(blob).decode()
    lines = [body[i : i + WIDTH] for i in range(0, len(body), WIDTH)]
    return "\n".join([BEGIN, *lines, END]) + "\n"


def read(armoured: str) -> Signature:
    """Parse an armoured signature.

    Raises:
        InputError: if it is invalid, or not by an Ed25519 key over a SHA-512.
    """
    lines = armoured.strip().splitlines()
    if len(lines) < 3 or lines[0] != BEGIN or lines[-1] != END:
        raise InputError("a signature of OpenSSH", "something else", f"It begins with {BEGIN}.")
    try:
        blob = base64.b64decode("".join(lines[1:-1]), validate=True)
        if blob[:10] != MAGIC + struct.pack(">I", 1):
            raise ValueError
        public, namespace, _, algorithm, seal = _texts(blob[10:], 5)
        (kind, key), (how, bits) = _texts(public, 2), _texts(seal, 2)
        name = namespace.decode()
    except (ValueError, struct.error) as error:
        raise InputError("a signature of OpenSSH", "a damaged one") from error
    if (kind, how, algorithm) != (KIND, KIND, HASH):
        raise InputError("a signature by an Ed25519 key over a SHA-512", f"{how!r}, {algorithm!r}")
    return Signature(key, name, bits)


def holds(message: bytes, signature: Signature) -> bool:
    """True if the owner of a signature's key signed this message for its purpose."""
    errors = PACKAGES.package("cryptography.exceptions")
    keys = PACKAGES.package("cryptography.hazmat.primitives.asymmetric.ed25519")
    try:
        public = keys.Ed25519PublicKey.from_public_bytes(signature.key)
        public.verify(signature.seal, _covered(message, signature.namespace.encode()))
    except (errors.InvalidSignature, ValueError):
        return False
    return True


def private_key(path: Path, password: str | None = None) -> Any:
    """Load the private key of a file in the format of OpenSSH or OpenSSL.

    Raises:
        InputError: if it is no Ed25519 key, or its password is missing or wrong.
    """
    forms = PACKAGES.package("cryptography.hazmat.primitives.serialization")
    errors = PACKAGES.package("cryptography.exceptions")
    kind = PACKAGES.package("cryptography.hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey
    if not path.is_file():
        raise InputError("the file of a private key", f"no file at {path}", HOW)
    data, secret = path.read_bytes(), password.encode() if password else None
    ours = data.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    load = forms.load_ssh_private_key if ours else forms.load_pem_private_key
    try:
        key = load(data, secret)
    except (ValueError, TypeError, errors.UnsupportedAlgorithm) as error:
        raise InputError("a private key that opens", f"{path} ({error})", HOW) from error
    if not isinstance(key, kind):
        raise InputError("an Ed25519 key", f"{path}, a key of another kind", HOW)
    return key


HOW = "Make one: ssh-keygen -t ed25519 -f KEY."


def public_line(key: bytes) -> str:
    """Write a public key as OpenSSH does."""
    return f"{KIND.decode()} {base64.b64encode(_text(KIND) + _text(key)).decode()}"


def public_key(encoded: str) -> bytes:
    """Decode the 32 bytes of a public key from the base64 of its line.

    Raises:
        InputError: if it is no Ed25519 key.
    """
    try:
        kind, key = _texts(base64.b64decode(encoded, validate=True), 2)
    except (ValueError, struct.error) as error:
        raise InputError("a public key as OpenSSH writes it", encoded) from error
    if kind != KIND or len(key) != 32:
        raise InputError("an Ed25519 key", repr(kind))
    return key


def _covered(message: bytes, namespace: bytes) -> bytes:
    """The bytes that are signed."""
    return MAGIC + _text(namespace) + _text(b"") + _text(HASH) + _text(_hash(message))


def _hash(message: bytes) -> bytes:
    return hashlib.sha512(message).digest()


def _text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _texts(data: bytes, count: int) -> list[bytes]:
    """Split off exactly `count` texts."""
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from(">I", data)
        if len(data) < 4 + length:
            raise ValueError
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    if data:
        raise ValueError
    return found
