/*
 * From a status of the core to a complete error: the one table of SQLSTATE, reason, message, detail
 * and hint. Class TK is this project's own (classes 0-4 and A-H belong to the SQL standard).
 *
 * No text here ever takes a byte of a token, a secret or a claim; only numbers vary.
 */
#ifndef ACCESS_TOKEN_PG_ERRORS_H
#define ACCESS_TOKEN_PG_ERRORS_H

#include <stdbool.h>

#include "jose/status.h"

/* SQLSTATEs that are raised outside the table. */
#define ERRCODE_ACCESS_TOKEN_BAD_KEY MAKE_SQLSTATE('T', 'K', '0', '1', '0')
#define ERRCODE_ACCESS_TOKEN_NO_ROOT_KEY MAKE_SQLSTATE('T', 'K', '0', '1', '1')
#define ERRCODE_ACCESS_TOKEN_NO_PRIMARY MAKE_SQLSTATE('T', 'K', '0', '1', '2')

/* Raises the error that belongs to a fault; returns only for JOSE_OK. */
void errors_raise(const JoseFault *fault);

/* The same for a status without numbers. */
void errors_raise_status(JoseStatus status);

/* The same for a status that is known not to be JOSE_OK. */
void errors_refuse(JoseStatus status) __attribute__((noreturn));

/* The word that inspect_access_token gives as reason; NULL for JOSE_OK. */
const char *errors_reason(JoseStatus status);

/* Whether a status refuses a token, TK001 to TK009, and is not the database's own trouble. */
bool errors_is_refusal(JoseStatus status);

/* Raises 22004 for an argument that must not be NULL. */
void errors_raise_null(const char *argument) __attribute__((noreturn));

/* Raises 22023 for an argument, with a detail and a hint that hold no value of the caller. */
void errors_raise_argument(const char *message, const char *detail, const char *hint)
	__attribute__((noreturn));

#endif
