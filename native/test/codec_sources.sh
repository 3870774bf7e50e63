# shellcheck shell=bash
# The sources that need neither kernel nor JavaScript.
# shellcheck disable=SC2034 # read by the scripts that source this file
codec_sources=(address_texts.cc batch.cc conntrack_codec.cc ipset_codec.cc ipvs_answers.cc ipvs_requests.cc key_list.cc listing_texts.cc server_list.cc
  message_reader.cc message_writer.cc nft_codec.cc nft_rules_codec.cc route_codec.cc
  server_texts.cc set_texts.cc)
