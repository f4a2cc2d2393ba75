"""Voicemail (语音留言): messages callers leave, until somebody has handled them."""
