/* What a core that is built for the constant-time checkers asks of them; here nobody checks. */
#include <stddef.h>

void ctime_secret(void *data, size_t len);
void ctime_declassify(const void *data, size_t len);

void ctime_secret(void *data, size_t len) {
    (void)data;
    (void)len;
}

void ctime_declassify(const void *data, size_t len) {
    (void)data;
    (void)len;
}
