"""The modules that careline loads: 135 of 350, so that nothing unused listens or warns."""

from __future__ import annotations

from collections.abc import Container

_NAMES = """
res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd res_crypto
res_http_websocket res_speech res_pjproject res_rtp_asterisk res_srtp
res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_pubsub res_pjsip_acl
res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_outbound_registration res_pjsip_registrar res_pjsip_endpoint_identifier_user
res_pjsip_endpoint_identifier_ip res_pjsip_nat res_pjsip_caller_id res_pjsip_diversion
res_pjsip_dlg_options res_pjsip_dtmf_info res_pjsip_empty_info res_pjsip_header_funcs
res_pjsip_logger res_pjsip_refer res_pjsip_rfc3326 res_pjsip_path res_pjsip_t38
res_pjsip_outbound_publish res_pjsip_exten_state res_pjsip_dialog_info_body_generator
res_pjsip_pidf_body_generator res_pjsip_messaging res_pjsip_transport_websocket chan_pjsip
func_pjsip_aor func_pjsip_contact func_pjsip_endpoint
bridge_simple bridge_native_rtp bridge_softmix bridge_holding bridge_builtin_features
bridge_builtin_interval_features chan_bridge_media
codec_ulaw codec_alaw codec_a_mu codec_gsm codec_g722 codec_resample codec_opus_open_source
res_format_attr_opus format_pcm format_wav format_wav_gsm format_gsm format_sln res_musiconhold
res_agi res_fax res_fax_spandsp res_mutestream res_manager_devicestate res_cdrel_custom cel_custom
app_queue app_mixmonitor app_chanspy app_confbridge app_amd app_dial app_playback
app_controlplayback app_read app_record app_stack app_exec app_verbose app_userevent
app_originate app_senddtmf app_softhangup app_transfer app_bridgewait app_bridgeaddchan
app_channelredirect app_playtones app_waitforsilence app_while app_sayunixtime app_db app_echo
app_milliwatt app_directed_pickup app_blind_transfer app_attended_transfer app_talkdetect
app_celgenuserevent
func_callerid func_channel func_db func_devstate func_extstate func_global func_groupcount
func_hangupcause func_jitterbuffer func_logic func_math func_strings func_timeout func_uri
func_uuid func_rand func_md5 func_env func_cut func_base64 func_blacklist func_config
func_dialplan func_dialgroup func_lock func_volume func_talkdetect func_periodic_hook
func_sprintf func_module func_version func_presencestate
pbx_config
"""
LEAN = tuple(_NAMES.split())


def present(files: Container[str]) -> tuple[str, ...]:
    """The lean list as far as its files (``name.so``) exist: names differ between versions."""
    return tuple(name for name in LEAN if f"{name}.so" in files)
