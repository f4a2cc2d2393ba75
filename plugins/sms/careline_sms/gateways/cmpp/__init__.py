"""CMPP 2.0 and 3.0, China Mobile's protocol (中国移动点对点协议), as a service provider."""
