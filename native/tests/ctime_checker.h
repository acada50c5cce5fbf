/* What watches the secrets: valgrind's memcheck, or clang's MemorySanitizer where this program is built with it. */
#ifndef GMPKI_TESTS_CTIME_CHECKER_H
#define GMPKI_TESTS_CTIME_CHECKER_H

/* Whether a checker is at work. Without one every entry would pass. */
int checker_active(void);

/* Run it and return whether the checker found something. */
int checker_reports(void (*run)(void));

#endif /* GMPKI_TESTS_CTIME_CHECKER_H */
