"""One look of pass 1's own net at a picture: all that runs, from its bytes to alpha."""

import torch
from torch import Tensor, nn

from models.layers import make_planar
from models.person_model import PersonModel
from models.person_sight import People


class PersonLook(nn.Module):
    """Eyes and judgement as one module."""

    def __init__(self, model: PersonModel, dtype: torch.dtype, planar: bool = False) -> None:
        """dtype: what all but the Selfie net's eyes computes in; planar: see models.layers.

        Raises WeightsError when the Selfie net's weights cannot be loaded.
        """
        super().__init__()
        self.people = People()
        self.things = model.things.to(dtype)
        self.net = model.net.to(memory_format=torch.channels_last).to(dtype)  # type: ignore[call-overload]
        self._type = dtype
        if planar:
            make_planar(self)
        self.eval().requires_grad_(False)

    def forward(
        self, rgb: Tensor, eighth: Tensor, sixteenth: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Alpha (N, 1, H, W) in [0, 1] and a Memory's states (models.person_net), all float32.

        rgb: (N, H, W, 3) uint8; then a Memory's states.
        """
        picture = rgb.float() * (1 / 255)
        seen = *self.people(picture), *self.things(picture.to(self._type))
        given = picture.permute(0, 3, 1, 2), eighth, sixteenth, *seen
        logits, *states = self.net(*(each.to(self._type) for each in given))
        return logits.float().sigmoid(), states[0].float(), states[1].float()
