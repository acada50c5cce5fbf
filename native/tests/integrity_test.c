/*
 * Integrity of the program's own code and constants, changed in memory. The build stores a value in this program (see
 * gmpki_embed_integrity in native/CMakeLists.txt).
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "common/gate.h"
#include "gmpki/common.h"
#include "gmpki/sm3.h"

/* Something in the constants, and something in the code. */
static const uint8_t constant[64] = {1};

static int some_code(int x) {
    return x + 1;
}

/* Flip one bit at an address that is mapped read-only. */
static void flip(const void *where, int protection) {
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)((uintptr_t)where & ~(page_size - 1));
    CHECK(mprotect(page, page_size, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
    *(volatile uint8_t *)(uintptr_t)where ^= 1;
    CHECK(mprotect(page, page_size, protection) == 0);
}

/* Leave the error state: only a test may. */
static void open_gates(void) {
    for (int i = 0; i < GMPKI_ALGORITHM_COUNT; i++) {
        atomic_store(&gate_states[i], GATE_UNTESTED);
    }
}

static void refused_while_changed(const void *where, int protection) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];

    flip(where, protection);
    CHECK(gmpki_selftest_integrity() == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_selftest_state() == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_sm3_hash(digest, NULL, 0) == GMPKI_ERR_SELFTEST);

    flip(where, protection);
    CHECK(gmpki_selftest_integrity() == GMPKI_ERR_SELFTEST); /* the error state stays */
    open_gates();
    CHECK(gmpki_selftest_integrity() == GMPKI_OK);
    CHECK(gmpki_selftest_state() == GMPKI_OK);
}

int main(void) {
    CHECK(gmpki_selftest_integrity() == GMPKI_OK);
    refused_while_changed(&constant[17], PROT_READ);
    refused_while_changed((const void *)(uintptr_t)some_code, PROT_READ | PROT_EXEC);
    CHECK(some_code((int)constant[0]) == 2);
    return finish();
}
