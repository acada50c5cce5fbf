/* The planted leaks, ended by a NULL function; see ctime_planted.c. */
#ifndef GMPKI_TESTS_CTIME_PLANTED_H
#define GMPKI_TESTS_CTIME_PLANTED_H

#include "ctime.h"

extern const ctime_entry ctime_planted[];

#endif /* GMPKI_TESTS_CTIME_PLANTED_H */
