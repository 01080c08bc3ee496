/* The settings access_token.*; this file and settings.c are the only ones that know them. */
#ifndef ACCESS_TOKEN_PG_SETTINGS_H
#define ACCESS_TOKEN_PG_SETTINGS_H

/* Seconds by which nbf and iat may lie ahead of this server's clock; exp has no leeway. */
extern int settings_leeway;

/* Bytes of the longest token that is read or made. */
extern int settings_max_token_size;

/* Seconds that what a standby knows may be old; negative: it does not matter. See standby.h. */
extern int settings_max_replay_delay;

/* Where root keys come from beside the table; empty: from nowhere else. See store/root_key_source.h. */
extern char *settings_root_key_file;
extern char *settings_root_key_command;

/* Defines the settings; called once, when the library is loaded. */
void settings_init(void);

#endif
