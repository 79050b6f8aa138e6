"""Families on tokens with the settings that suit them."""

from collections.abc import Callable
from functools import partial

from ingenium.generators.graphs.diffusion import GraphDiffusion
from ingenium.generators.model import Family
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import Tokens
from ingenium.generators.tokens.decoders import Recurrent, Transformer
from ingenium.generators.tokens.masked_diffusion import MaskedDiffusion, MaskedDiffusionSettings
from ingenium.generators.tokens.rewritten import NotationFamily, rewritten
from ingenium.generators.tokens.vae import TokenVAE, TokenVAESettings


def transformer(
    shape: tuple[int, ...], c: int, tokens: Tokens, *, width: int = 192, layers: int = 4
) -> TokenAutoregressive:
    """Build a transformer with heads of 48 or 64 numbers."""
    heads = max(1, width // (48 if width % 48 == 0 else 64))
    decoder = Transformer(width, layers, heads)
    return TokenAutoregressive(shape, c, tokens, decoder, width=width)


def recurrent(
    shape: tuple[int, ...],
    c: int,
    tokens: Tokens,
    *,
    width: int = 256,
    layers: int = 2,
    dropout: float = 0.0,
) -> TokenAutoregressive:
    """Build layers of long short-term memory (LSTM)."""
    decoder = Recurrent(width, layers)
    return TokenAutoregressive(shape, c, tokens, decoder, width=width, dropout=dropout)


def vae(
    shape: tuple[int, ...],
    c: int,
    tokens: Tokens,
    *,
    width: int = 256,
    latent: int = 64,
    beta: float = 0.2,
) -> TokenVAE:
    """Build a variational autoencoder whose decoder is one LSTM layer."""
    settings = TokenVAESettings(latent, beta)
    return TokenVAE(shape, c, tokens, Recurrent(width, 1), width=width, settings=settings)


def masked_diffusion(
    shape: tuple[int, ...],
    c: int,
    tokens: Tokens,
    *,
    width: int = 192,
    layers: int = 4,
    heads: int = 4,
) -> MaskedDiffusion:
    """Build a transformer that uncovers tokens in any order."""
    settings = MaskedDiffusionSettings(width, layers, heads)
    return MaskedDiffusion(shape, c, tokens, settings=settings)


def fragment_vae(shape: tuple[int, ...], c: int, tokens: Tokens) -> NotationFamily:
    """Build a variational autoencoder of sequences of fragments."""
    return rewritten(shape, c, tokens, "fragments", vae)


def graph_diffusion(shape: tuple[int, ...], c: int, tokens: Tokens) -> NotationFamily:
    """Build a discrete diffusion of graphs."""
    return rewritten(shape, c, tokens, "graphs", GraphDiffusion)


def on_selfies(
    make: Callable[[tuple[int, ...], int, Tokens], Family],
    shape: tuple[int, ...],
    c: int,
    tokens: Tokens,
) -> NotationFamily:
    """Build a family of tokens on symbols of SELFIES."""
    return rewritten(shape, c, tokens, "selfies", make)


selfies_autoregressive = partial(on_selfies, transformer)
selfies_lstm = partial(on_selfies, recurrent)
selfies_vae = partial(on_selfies, vae)
selfies_masked_diffusion = partial(on_selfies, masked_diffusion)
