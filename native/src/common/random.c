/* Random bytes from the operating system. There is no second source: what cannot be had is an error. */
#include "common/random.h"

#include <errno.h>
#include <sys/random.h>

#include "gmpki/common.h"

#ifdef GMPKI_TEST_BUILD
#include <string.h>
int random_test_mode;
#endif

#ifdef GMPKI_CTIME
/* The constant-time tests count random bytes as secret from here on. */
void ctime_secret(void *data, size_t len);
#endif

/* One request that getentropy accepts in full and getrandom never interrupts. */
enum { REQUEST_LEN = 256 };

static int fill(uint8_t *data, size_t len) {
#if defined(__linux__)
    ssize_t got;
    do {
        got = getrandom(data, len, 0);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)len;
#else
    return getentropy(data, len) == 0;
#endif
}

int random_system(uint8_t *data, size_t len) {
#ifdef GMPKI_TEST_BUILD
    if (random_test_mode == RANDOM_FAILS) {
        gmpki_cleanse(data, len);
        return GMPKI_ERR_RANDOM;
    }
    if (random_test_mode == RANDOM_DEAD) {
        memset(data, 0xA5, len);
        return GMPKI_OK;
    }
#endif
    for (size_t done = 0; done < len;) {
        size_t part = len - done < REQUEST_LEN ? len - done : REQUEST_LEN;
        if (!fill(data + done, part)) {
            gmpki_cleanse(data, len);
            return GMPKI_ERR_RANDOM;
        }
        done += part;
    }
#ifdef GMPKI_CTIME
    ctime_secret(data, len);
#endif
    return GMPKI_OK;
}
