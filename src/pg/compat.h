/* What differs between PostgreSQL 15 to 18: the only file that mentions PG_VERSION_NUM. */
#ifndef ACCESS_TOKEN_PG_COMPAT_H
#define ACCESS_TOKEN_PG_COMPAT_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* An argument of index_beginscan: 18 counts what an index scan does, where somebody wants to know. */
#if PG_VERSION_NUM >= 180000
#define COMPAT_NOTHING_COUNTED NULL,
#else
#define COMPAT_NOTHING_COUNTED
#endif

#endif
