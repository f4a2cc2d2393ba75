"""Wallboards (大屏): addresses under which a screen shows figures without anybody signed in."""
