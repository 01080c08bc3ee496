/*
 * Between the server's text and the core's UTF-8 views.
 * JSON is UTF-8 (RFC 8259 section 8.1) whatever the encoding of the database is.
 */
#ifndef ACCESS_TOKEN_PG_TEXT_H
#define ACCESS_TOKEN_PG_TEXT_H

#include "jose/bytes.h"
#include "jose/status.h"

struct varlena;

/* The bytes of a value of type text or bytea that is neither compressed nor toasted. */
ByteView text_view(const struct varlena *value);

/* A new value of type text or bytea. */
struct varlena *text_from_view(ByteView bytes);

/*
 * Text of the database as UTF-8: the same bytes where possible, else a copy in the current memory
 * context. Raises 22023, naming the argument, for what is not valid text.
 */
ByteView text_to_utf8(ByteView value, const char *argument);

/*
 * UTF-8 as text of the database, on the same terms; JOSE_UNREPRESENTABLE for what its encoding lacks.
 */
JoseStatus text_from_utf8(ByteView utf8, ByteView *value);

#endif
