# The sources that need neither kernel nor JavaScript.
codec_sources="batch.cc conntrack_codec.cc ipvs_answers.cc ipvs_requests.cc message_reader.cc message_writer.cc
nft_codec.cc route_codec.cc"
