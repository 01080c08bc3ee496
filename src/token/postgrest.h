/*
 * A request that comes through PostgREST: its token is verified here, from its own headers, whatever
 * PostgREST has found. Headers and claims arrive in settings that anybody can set; to forge them gains
 * nothing, because it takes a good token to be bound.
 */
#ifndef ACCESS_TOKEN_TOKEN_POSTGREST_H
#define ACCESS_TOKEN_TOKEN_POSTGREST_H

/*
 * Binds the identity of the request's bearer token (RFC 6750 section 2.1) to the transaction; without a
 * bearer it binds nothing and returns. Raises SQLSTATE PGRST, one answer for every cause, whose reason
 * goes to the server's log alone; and TK010, TK011 and the like for what is not the request's fault.
 */
void postgrest_pre_request(void);

#endif
