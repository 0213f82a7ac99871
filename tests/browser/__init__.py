"""The notebooks in a real JupyterLab, under a headless Chromium."""
