/* The fixed-base table, in read-only data. */
#include "sm2/base_table_generated.h"
