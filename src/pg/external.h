/*
 * Reading what lies outside the database: a file that must be private, and the output of a command.
 * Neither raises for what it finds; both say in words what was wrong.
 */
#ifndef ACCESS_TOKEN_PG_EXTERNAL_H
#define ACCESS_TOKEN_PG_EXTERNAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads a file into buffer and sets *len. It must be a regular file of the server's user or of root
 * that others cannot read, by the rules for the server's own TLS key. Returns NULL, or the problem.
 */
const char *external_read_file(const char *path, uint8_t *buffer, size_t capacity, size_t *len);

/*
 * Runs a shell command, reads its output and sets *len. A command that fails, prints more than
 * capacity or takes longer than timeout_ms is a problem; it is killed then, as it is when the statement
 * is cancelled. Returns NULL, or the problem.
 */
const char *external_read_command(const char *command, int timeout_ms, uint8_t *buffer,
								  size_t capacity, size_t *len);

#endif
