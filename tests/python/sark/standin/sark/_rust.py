"""The compiled extension, if it is there."""

import warnings

__all__ = ["RUST_AVAILABLE", "RustCache", "RustOPAEngine"]

try:
    from .sark_rust import RustCache, RustOPAEngine  # type: ignore[import-not-found]

    RUST_AVAILABLE = True
except ImportError:
    warnings.warn("the Rust extensions are not built", ImportWarning, stacklevel=2)
    RUST_AVAILABLE = False
    RustCache = RustOPAEngine = None
