/*
 * Every way in which a token, or a value that came with it, can be refused.
 *
 * Core functions return one of these and nothing else; src/pg/errors.c holds the one table that
 * turns them into SQLSTATE, message, detail and hint. A status says which rule was broken and never
 * carries a byte of the token: what varies is a number (a position, a size, a limit) in JoseFault.
 */
#ifndef ACCESS_TOKEN_JOSE_STATUS_H
#define ACCESS_TOKEN_JOSE_STATUS_H

#include <stdint.h>

typedef enum JoseStatus
{
	JOSE_OK = 0,

	/* the text is no token: TK001 */
	JOSE_TOKEN_NULL,
	JOSE_TOKEN_TOO_LARGE,
	JOSE_NOT_COMPACT,
	JOSE_BAD_BASE64URL,
	JOSE_HEADER_TOO_LARGE,
	JOSE_JSON_SYNTAX,
	JOSE_JSON_UTF8,
	JOSE_JSON_ESCAPE,
	JOSE_JSON_DUPLICATE,
	JOSE_JSON_LIMIT,
	JOSE_JSON_NOT_OBJECT,
	JOSE_HEADER_MEMBER,
	JOSE_CLAIM_TYPE,

	/* a token, but of a kind that is not understood here: TK002 */
	JOSE_UNSUPPORTED_ALG,
	JOSE_ALG_NOT_ALLOWED,
	JOSE_CRITICAL_HEADER,
	JOSE_UNSUPPORTED_HEADER,
	JOSE_UNREPRESENTABLE,

	/* TK003, one answer for an unknown key and for a wrong signature */
	JOSE_BAD_SIGNATURE,

	/* TK003 for an encrypted token: one answer for every cause (RFC 7516 section 11.5) */
	JOSE_DECRYPTION_FAILED,

	/* TK004, TK005 */
	JOSE_EXPIRED,
	JOSE_NOT_YET_VALID,
	JOSE_ISSUED_IN_FUTURE,

	/* a claim is not what is expected here: TK006 */
	JOSE_TYPE_MISMATCH,
	JOSE_CONTENT_TYPE_MISMATCH,
	JOSE_CLAIM_MISSING,
	JOSE_ISSUER_MISMATCH,
	JOSE_TENANT_MISMATCH,
	JOSE_AUDIENCE_MISMATCH,
	JOSE_AUDIENCE_NOT_NAMED,
	JOSE_LIFETIME_TOO_LONG,

	/* TK007 */
	JOSE_REVOKED,

	/* TK008 */
	JOSE_PUBLIC_TOKEN,
	JOSE_SCOPE_MISSING,
	JOSE_SCOPE_NOT_ALLOWED,
	JOSE_ROLE_NOT_ALLOWED,

	/* TK009 */
	JOSE_API_KEY_DISABLED,
	JOSE_API_KEY_EXPIRED,
	JOSE_CLIENT_DISABLED,
	JOSE_TENANT_DISABLED,

	/* key material: TK010 */
	JOSE_KEY_MALFORMED,
	JOSE_KEY_UNSUPPORTED,
	JOSE_KEY_WEAK,
	JOSE_KEY_INCONSISTENT,
	JOSE_KEY_WRONG_USE,

	/* not the token's fault */
	JOSE_BAD_KEY,
	JOSE_CRYPTO_FAILURE,

	JOSE_STATUS_COUNT
} JoseStatus;

/* Which part of a token a fault lies in. */
typedef enum JosePart
{
	JOSE_PART_TOKEN = 0,
	JOSE_PART_HEADER,
	JOSE_PART_PAYLOAD,
	JOSE_PART_SIGNATURE
} JosePart;

/* A status with the numbers that its detail line shows; value and limit are 0 where unused. */
typedef struct JoseFault
{
	JoseStatus status;
	JosePart part;
	int64_t value;
	int64_t limit;
} JoseFault;

#endif
