"""The dialplan: the text of extensions.conf."""

from __future__ import annotations

PLACEHOLDER = """\
[careline-inbound]
exten => _[+0-9]!,1,Set(AGIEXITONHANGUP=yes)
 same => n,Answer()
 same => n,Queue(careline-fallback)
 same => n,Hangup()

[careline-phones]
exten => _X!,1,Set(AGIEXITONHANGUP=yes)
 same => n,Hangup()
"""
