/*
 * Putting a compact JWS together from members of several hands: objects are written member by member,
 * each behind a comma, and the first comma becomes the brace.
 */
#ifndef ACCESS_TOKEN_TOKEN_COMPACT_H
#define ACCESS_TOKEN_TOKEN_COMPACT_H

#include "jose/bytes.h"
#include "jose/hmac.h"
#include "jose/json_write.h"
#include "jose/signature.h"

struct varlena;

/*
 * An argument that becomes part of a token, read as verification will read it. Raises 22023 unless it
 * is an object within the limits.
 */
JsonValue compact_read_object(ByteView json, const char *argument);

/* Ends an object that was begun with a comma. Raises XX000 when the writer's room did not suffice. */
ByteView compact_finish_object(JsonWriter *writer);

/*
 * The token as text, straight into the result. One of the two keys is given. Raises 22023 when header
 * or token would be longer than verification accepts.
 */
struct varlena *compact_sign(const HmacKey *mac, SignatureKey *signature, ByteView header,
							 ByteView payload);

/* The same with a header that is base64url already; the caller has checked the sizes. */
struct varlena *compact_sign_encoded(const HmacKey *mac, SignatureKey *signature, ByteView header,
									 ByteView payload);

/* Characters of a token with an encoded header of header_len, a payload and a signature of these bytes. */
size_t compact_len(size_t header_len, size_t payload_len, size_t signature_len);

#endif
