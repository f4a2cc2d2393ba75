"""The Asterisk Manager Interface: a codec without I/O and a link that is always being rebuilt."""
