/* The module's entry point: each layer that needs it is initialised, nothing else. */
#include "postgres.h"

#include "fmgr.h"

#include "pg/settings.h"
#include "store/key_cache.h"

PG_MODULE_MAGIC;

void _PG_init(void);

void _PG_init(void)
{
	settings_init();
	key_cache_init();
}
