"""Size of a transformer: parameters, operations, and bytes for its backward pass."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.spec import _STRICT

Count = Annotated[int, Field(ge=1, le=10**9)]


@checked(frozen=True, config=_STRICT)
class ModelSize:
    """A decoder of equal layers, and the precision in which it is trained.

    Bytes of activations are for each number of the width, each token and each layer: `stored_whole`
    on every tensor rank, `stored_split` divided among them. 10 and 24: half precision without
    stored scores of attention.

    Source: Korthikanti et al., 2022, arXiv:2205.05198, eqs. 1 and 2; Rajbhandari et al., SC 2020,
        arXiv:1910.02054, section 3.1 (bytes of a parameter).
    """

    width: Count
    layers: Count
    heads: Count
    context: Count  # tokens of a sequence
    vocabulary: Count
    half: bool = True  # products in half precision, with weights of full precision
    tied: bool = True  # the first and the last matrix are one
    biased: bool = True
    stored_whole: Annotated[float, Field(ge=0)] = 10.0
    stored_split: Annotated[float, Field(ge=0)] = 24.0
    stored_entry: Annotated[float, Field(ge=0)] = 2.0  # of the first part
    stored_head: Annotated[float, Field(ge=0)] = 4.0  # bytes for each symbol, at the loss
    stored_open: Annotated[float, Field(ge=0)] = 18.0  # of a layer, while its gradients are found
    fused: bool = True  # whether the scores of attention never lie in memory
    gradients_stay: bool = True  # in a buffer from step to step
    entry_more: Annotated[int, Field(ge=0)] = 0  # parameters that are in no formula above
    head_more: Annotated[int, Field(ge=0)] = 0
    averages: Annotated[int, Field(ge=0, le=8)] = 0  # copies in full precision besides Adam's

    @property
    def shared_bytes(self) -> float:
        """Bytes of a layer that tensor ranks share, for each token and number of the width."""
        scores = 0.0 if self.fused else 5.0 * self.heads * self.context / self.width
        return self.stored_split + scores

    @property
    def block(self) -> float:
        """Parameters of a layer: attention 4 w^2, dense 8 w^2, and vectors."""
        vectors = 13 if self.biased else 2
        return 12.0 * self.width**2 + vectors * self.width

    @property
    def entry(self) -> float:
        """Parameters before the layers: embeddings of symbols and positions."""
        return float((self.vocabulary + self.context) * self.width + self.entry_more)

    @property
    def head(self) -> float:
        """Parameters after the layers; a tied matrix counts here again."""
        vectors = 2 * self.width if self.biased else self.width
        return float(self.vocabulary * self.width + vectors + self.head_more)

    @property
    def parameters(self) -> float:
        """Number of all parameters, a tied matrix counted once."""
        vectors = 2 * self.width if self.biased else self.width
        ends = self.entry + (vectors if self.tied else self.head)
        return self.layers * self.block + ends

    @property
    def weight_bytes(self) -> int:
        """Bytes of a parameter in the precision of products."""
        return 2 if self.half else 4

    @property
    def state_bytes(self) -> int:
        """Optimiser bytes of a parameter: two moments, and full weights with half precision."""
        return 12 if self.half else 8

    def flops(self, tokens: float) -> float:
        """Operations of a forward and a backward pass over tokens, without recomputation.

        Source: Chowdhery et al., 2022, arXiv:2204.02311, appendix B: 6 N + 12 L w s a token.
        """
        own = self.layers * self.block + self.vocabulary * self.width
        return tokens * (6 * own + 12 * self.layers * self.width * self.context)
