"""Partial least squares that also fits classes: for spectra, whose many columns hang together."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cross_decomposition import PLSRegression


class PartialLeastSquares(PLSRegression):  # type: ignore[misc, unused-ignore]
    """PLSRegression with at most as many components as the rows allow. Class numbers become a column a class."""

    def fit(self, X: Any, y: Any) -> PartialLeastSquares:  # noqa: N803 (scikit-learn's names)
        """Learn the components. `y` holds values, or whole numbers for classes."""
        given = self.get_params()["n_components"]
        self.set_params(n_components=max(1, min(given, X.shape[0] - 1, X.shape[1])))
        y = np.asarray(y)
        if y.dtype.kind == "i":
            y = (y[:, None] == np.unique(y)).astype(np.float64)
        super().fit(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:  # noqa: N803
        """Learn the components, and give those of the same rows."""
        return self.fit(X, y).transform(X)
