"""Which numbers nets compute in."""

import torch


def net_precision() -> torch.dtype:
    """bfloat16 where the processor multiplies it in hardware; elsewhere it is emulated, slowly."""
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return torch.bfloat16 if asked is not None and asked() else torch.float32
