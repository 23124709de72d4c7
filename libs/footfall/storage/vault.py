"""The mint key: made once a lake, kept wrapped beside the vault, unwrapped by the secret. Touches the vault's table properties."""

from __future__ import annotations

import base64
import json
import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from footfall.errors import EnvironmentFault
from footfall.privacy.pseudonyms import MintKey
from footfall.storage.lake import Lake
from footfall.tables import PSEUDONYMS

PROPERTY = "footfall.wrapped_mint_key"
LEAST_SECRET_LENGTH = 16


def secret_from(variable: str) -> str:
    """The secret in an environment variable; EnvironmentFault where it is absent or short."""
    secret = os.environ.get(variable, "")
    if len(secret) < LEAST_SECRET_LENGTH:
        fault = "is not set" if not secret else f"has fewer than {LEAST_SECRET_LENGTH} characters"
        raise EnvironmentFault(
            f"the pseudonym secret: environment variable {variable} {fault}.",
            fix=f"Set it to the shop's secret. For a first lake: export {variable}=$(openssl rand -hex 32), and keep it safe.",
        )
    return secret


def mint_key(lake: Lake, secret: str, *, taken_from: Lake | None = None) -> MintKey:
    """The lake's mint key, unwrapped; a new lake gets a random one, or that of the lake `taken_from`.

    The key is born in the commit that creates the vault, so that two first runs end up with the same one. Raises
    EnvironmentFault where the secret does not unwrap it, or the vault has none.
    """
    properties = lake.properties(PSEUDONYMS.full_name)
    if properties is None:
        key = mint_key(taken_from, secret) if taken_from else MintKey(secrets.token_bytes(32))
        lake.ensure(PSEUDONYMS, at_birth={PROPERTY: wrap(key, secret)})
        properties = (
            lake.properties(PSEUDONYMS.full_name) or {}
        )  # read back: had another process been first, its key counts
    else:
        lake.ensure(PSEUDONYMS)
    if PROPERTY not in properties:
        raise EnvironmentFault(
            f"the vault {lake.name(PSEUDONYMS.full_name)} has no mint key.",
            fix="Restore the table from a backup; or, if the lake holds nothing yet, point --lake at a new place.",
        )
    return unwrap(properties[PROPERTY], secret)


def rewrap(lake: Lake, old_secret: str, new_secret: str) -> None:
    """Turns the secret: the mint key stays, one wrapped value changes."""
    lake.set_property(PSEUDONYMS.full_name, PROPERTY, wrap(mint_key(lake, old_secret), new_secret))


def wrap(key: MintKey, secret: str) -> str:
    """The key under AES-256-GCM with a key derived from the secret by scrypt (RFC 7914), as text that Spark never redacts."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_derived(secret, salt)).encrypt(nonce, key.raw(), None)
    return json.dumps([part.hex() for part in (salt, nonce, sealed)])  # base64 may hold "url" or "token" by chance


def unwrap(stored: str, secret: str) -> MintKey:
    """The key that `wrap` sealed, or EnvironmentFault where the secret is another."""
    parts = json.loads(stored)
    is_base64 = parts[0].endswith("=")  # lakes made before 28 November 2026
    salt, nonce, sealed = (base64.b64decode(part) if is_base64 else bytes.fromhex(part) for part in parts)
    try:
        return MintKey(AESGCM(_derived(secret, salt)).decrypt(nonce, sealed, None))
    except InvalidTag:
        raise EnvironmentFault(
            "the pseudonym secret does not fit this lake.",
            fix="Use the secret with which the lake was made, or after a turn the newest one.",
        ) from None


def _derived(secret: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**14, r=8, p=1).derive(secret.encode())
