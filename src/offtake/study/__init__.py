"""Questions that put the uses together: rights over time, regimes side by side."""
