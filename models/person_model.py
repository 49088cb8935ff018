"""All that training makes of pass 1: the net that judges, and its eyes for things."""

from collections.abc import Sequence

from torch import Tensor, nn

from models.person_net import PersonNet
from models.person_shape import WIDTHS
from models.person_sight import Things


class PersonModel(nn.Module):
    """What a file of weights of pass 1 holds; models.person_sight.People is needed besides."""

    def __init__(self, widths: tuple[int, int, int, int] = WIDTHS) -> None:
        super().__init__()
        self.things, self.net = Things(), PersonNet(widths)

    def forward(self, rgb: Tensor, people: Sequence[Tensor]) -> Tensor:
        """Logits of alpha (T, N, 1, H, W) of clips from their beginnings.

        rgb: (T, N, H, W, 3) in [0, 1]; people: what models.person_sight.People sees in them, each
        (T N, C, h, w).
        """
        seen = (*people, *self.things(rgb.flatten(0, 1)))
        order = [each.unflatten(0, rgb.shape[:2]) for each in seen]
        return self.net.in_order(rgb.permute(0, 1, 4, 2, 3), order)
