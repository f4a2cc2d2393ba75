"""Stopped clinics (停诊): everybody who is affected is listed, called, moved or cancelled."""
