"""The shapes of what stands beside an adapter's weights."""

from assl_utils.shapes import Amount, Count, Shape


class Recipe(Shape):
    """What an adapter was trained with; the base by content."""

    base: str


class Training(Shape):
    """``training.json``, written when a training has ended."""

    recipe: Recipe
    adapter: str | None = None
    rows: Count | None = None
    steps: Count | None = None
    samples: Count | None = None
    tokens: Count | None = None
    seconds: Amount | None = None


class AdapterConfig(Shape):
    """``adapter_config.json``, in PEFT's format."""

    base_model_name_or_path: str | None = None
    target_modules: list[str] | str | None = None
    r: Count | None = None
