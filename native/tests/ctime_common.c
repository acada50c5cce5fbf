/* Constant-time entries of gmpki/common.h. */
#include <string.h>

#include "ctime.h"
#include "gmpki/common.h"

static void equal_bytes(void) {
    uint8_t a[40];
    uint8_t b[40];
    int equal = 0;
    memset(a, 0x5A, sizeof a);
    memset(b, 0x5A, sizeof b);
    ctime_secret(a, sizeof a);
    ctime_secret(b, sizeof b);
    (void)!gmpki_equal(&equal, a, b, sizeof a);
}

static void different_bytes(void) {
    uint8_t a[33];
    uint8_t b[33];
    int equal = 0;
    memset(a, 0x5A, sizeof a);
    memset(b, 0xA5, sizeof b);
    ctime_secret(a, sizeof a);
    ctime_secret(b, sizeof b);
    (void)!gmpki_equal(&equal, a, b, sizeof a);
}

const ctime_entry ctime_common[] = {
    {"gmpki_equal", "equal", equal_bytes},
    {"gmpki_equal", "different", different_bytes},
    {NULL, NULL, NULL},
};
