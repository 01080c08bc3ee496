/* The settings access_token.*; this file, settings.c and bound_record.c are the only ones that know them. */
#ifndef ACCESS_TOKEN_PG_SETTINGS_H
#define ACCESS_TOKEN_PG_SETTINGS_H

#include "jose/bytes.h"

/* Seconds by which nbf and iat may lie ahead of this server's clock; exp has no leeway. */
extern int settings_leeway;

/* Bytes of the longest token that is read or made. */
extern int settings_max_token_size;

/* Seconds that what a standby knows may be old; negative: it does not matter. See standby.h. */
extern int settings_max_replay_delay;

/* Where root keys come from beside the table; empty: from nowhere else. See store/root_key_source.h. */
extern char *settings_root_key_file;
extern char *settings_root_key_command;

/*
 * What requests through PostgREST are verified with. In UTF-8; no data (NULL) where the setting is empty.
 * Valid for the rest of the call.
 */
ByteView settings_postgrest_tenant(void);
ByteView settings_postgrest_audience(void);

/*
 * What a gateway says of its request in a setting of its own, request.headers for example, on the same
 * terms. After the transaction that set it such a setting is empty.
 */
ByteView settings_of_request(const char *name);

/* Defines the settings; called once, when the library is loaded. */
void settings_init(void);

#endif
