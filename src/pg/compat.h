/* What differs between PostgreSQL 15 to 18: the only file that mentions PG_VERSION_NUM. */
#ifndef ACCESS_TOKEN_PG_COMPAT_H
#define ACCESS_TOKEN_PG_COMPAT_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* The primary key's index; 18 lets the caller take a deferrable one, which we never do. */
#if PG_VERSION_NUM >= 180000
#define compat_primary_key_index(relation) RelationGetPrimaryKeyIndex((relation), false)
#else
#define compat_primary_key_index(relation) RelationGetPrimaryKeyIndex(relation)
#endif

#endif
