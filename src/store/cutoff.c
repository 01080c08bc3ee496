/* Reading cut-offs; purpose: cutoff.h. */
#include "postgres.h"

#include "store/cutoff.h"

/* The longest life that a token can have had (tables.sql), where the row does not say. */
#define LONGEST_LIFETIME 172800

Cutoff cutoff_read(const ScanRow *row, int at_column, int cap_column)
{
	if (scan_is_null(row, at_column))
		return (Cutoff) {.is_set = false};
	return (Cutoff) {.is_set = true,
					 .at = scan_time(row, at_column, 0),
					 .cap = scan_is_null(row, cap_column) ? LONGEST_LIFETIME
														  : scan_integer(row, cap_column)};
}
