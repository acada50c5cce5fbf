/*
 * What a core that is built for the constant-time checkers asks of them. It runs under valgrind as there, so that it
 * has ADX; but nobody follows secrets.
 */
#include <stddef.h>

int checker_active(void);
void ctime_secret(void *data, size_t len);
void ctime_declassify(const void *data, size_t len);

int checker_active(void) {
    return 1;
}

void ctime_secret(void *data, size_t len) {
    (void)data;
    (void)len;
}

void ctime_declassify(const void *data, size_t len) {
    (void)data;
    (void)len;
}
