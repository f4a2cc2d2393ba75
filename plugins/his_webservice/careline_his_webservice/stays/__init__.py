"""Inpatients' stays as the hospitals' systems tell of them, for plugins that follow them up."""

from careline.clinic.his import News, TellsStays
from careline_his_webservice.stays.service import Stays

__all__ = ["News", "Stays", "TellsStays"]
