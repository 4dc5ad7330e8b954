"""What every section of params.yaml shares: strict, frozen, without defaults."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A part of params.yaml: no unknown keys, no silent conversions, no changes, no defaults."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def ascending(section: BaseModel, low: str, high: str) -> None:
    """Raise ValueError where the key `low` lies above the key `high`."""
    below, above = getattr(section, low), getattr(section, high)
    if below > above:
        raise ValueError(f"expected {low} up to {high}, found {below} and {above}")
