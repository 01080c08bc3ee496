/*
 * From checked JSON straight to jsonb: without the server's JSON parser, whose errors would reach the
 * caller and whose work would be done twice.
 */
#ifndef ACCESS_TOKEN_PG_JSONB_H
#define ACCESS_TOKEN_PG_JSONB_H

#include "jose/json_read.h"
#include "jose/status.h"

struct varlena;

/*
 * Makes the jsonb of an object that the core's reader has accepted, in the current memory context.
 * JOSE_UNREPRESENTABLE where a string does not exist in the database's encoding.
 */
JoseStatus jsonb_from_object(ByteView json, struct varlena **result);

/*
 * The JSON text, in UTF-8, of a jsonb value. Raises 22023, naming the argument, for what
 * cannot be written as UTF-8.
 */
ByteView jsonb_to_utf8(const struct varlena *value, const char *argument);

#endif
