/*
 * The characters of JSON strings: checking them, skipping them, taking them one by one.
 * Private to the core.
 */
#ifndef ACCESS_TOKEN_JOSE_JSON_TEXT_H
#define ACCESS_TOKEN_JOSE_JSON_TEXT_H

#include "jose/bytes.h"
#include "jose/status.h"

/*
 * Checks the string whose opening quote is before *at and moves *at behind its closing quote, or to
 * the fault. *escaped tells whether it holds a backslash.
 */
JoseStatus json_scan_string(const uint8_t **at, const uint8_t *end, bool *escaped);

/* Moves *at behind the closing quote of a checked string; the same terms. */
void json_skip_string(const uint8_t **at, bool *escaped);

/*
 * Takes one unit of a checked string at *at: a raw byte, or an escape as one to four UTF-8 bytes.
 * Writes them to out and returns how many.
 */
size_t json_next_unit(const uint8_t **at, uint8_t out[4]);

#endif
