/* Reading cut-offs; purpose: cutoff.h. */
#include "postgres.h"

#include "store/cutoff.h"

/* The longest life that a token can have had (tables.sql), where the row does not say. */
#define LONGEST_LIFETIME 172800

/* Somebody may have written infinity: far enough from the end of time for what is added to it. */
#define FARTHEST (JOSE_TIME_NEVER / 2)

static JoseTime moment(const ScanRow *row, int column)
{
	return Max(-FARTHEST, Min(FARTHEST, scan_time(row, column, 0)));
}

Cutoff cutoff_read(const ScanRow *row, int at_column, int cap_column)
{
	if (scan_is_null(row, at_column))
		return (Cutoff) {.is_set = false};
	return (Cutoff) {.is_set = true,
					 .at = moment(row, at_column),
					 .cap = scan_is_null(row, cap_column) ? LONGEST_LIFETIME
														  : scan_integer(row, cap_column)};
}
