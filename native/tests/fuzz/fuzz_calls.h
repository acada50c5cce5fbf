/*
 * Calls of a library whose arguments a fuzzer chooses: the input of a target is a stream of choices. Every buffer lies
 * on the heap with exactly the room that the call is told, so that a byte too much is seen.
 */
#ifndef GMPKI_TESTS_FUZZ_CALLS_H
#define GMPKI_TESTS_FUZZ_CALLS_H

#include "softtoken_folder.h" /* first: it asks the system for its functions */

#include "fuzz.h"

typedef struct choices {
    const uint8_t *at;
    size_t left;
} choices;

static choices stream;

/* ---- numbers ---------------------------------------------------------------------------- */

static inline uint8_t choose_byte(void) {
    if (stream.left == 0) {
        return 0;
    }
    stream.left--;
    return *stream.at++;
}

/* A number below limit. */
static inline size_t choose(size_t limit) {
    return choose_byte() % limit;
}

static inline uint32_t choose_number(void) {
    static const uint32_t edges[] = {0,   1,    2,      3,       16,         32,         256,        257,
                                     512, 1024, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
    size_t choice = choose(32);
    if (choice < sizeof edges / sizeof edges[0]) {
        return edges[choice];
    }
    uint32_t number = choose_byte();
    return choice < 24 ? number : number << 8 | choose_byte();
}

/* A length of a buffer: small, of a size that matters in cryptography, or some hundred bytes. */
static inline size_t choose_len(void) {
    static const size_t usual[] = {0, 1, 7, 8, 15, 16, 17, 20, 31, 32, 33, 48, 64, 65, 96, 97, 113, 128, 132, 256};
    size_t choice = choose(32);
    return choice < sizeof usual / sizeof usual[0] ? usual[choice] : (size_t)choose_byte() * choose(8);
}

/* ---- memory ----------------------------------------------------------------------------- */

enum { KEPT_MAX = 64, OUTCOME_MAX = 8192 };

static void *kept[KEPT_MAX];
static size_t kept_count;

/* What the last calls gave out, to be given in again. */
static uint8_t outcome[OUTCOME_MAX];
static size_t outcome_len;

/* Memory that lives until the call is over. */
static inline void *keep(size_t len) {
    REQUIRE(kept_count < KEPT_MAX);
    void *memory = malloc(len == 0 ? 1 : len);
    REQUIRE(memory != NULL);
    if (len == 0) {
        free(memory);
        memory = malloc(0);
    }
    kept[kept_count++] = memory;
    return memory;
}

static inline void drop_kept(void) {
    while (kept_count != 0) {
        free(kept[--kept_count]);
    }
}

static inline void remember(const void *data, size_t len) {
    outcome_len = len < OUTCOME_MAX ? len : OUTCOME_MAX;
    if (data != NULL && outcome_len != 0) {
        memcpy(outcome, data, outcome_len);
    }
}

/* Turn some bits over, or none. */
static inline void disturb(uint8_t *data, size_t len) {
    for (size_t times = choose(4); times != 0 && len != 0; times--) {
        data[(choose_byte() * 256u + choose_byte()) % len] ^= choose_byte();
    }
}

/* Bytes to be read: nothing at all, what was given out before, some pattern, or what the input has. */
static inline uint8_t *choose_input(size_t *len) {
    size_t kind = choose(8);
    if (kind == 0) {
        *len = choose_len();
        return NULL;
    }
    *len = kind < 4 ? outcome_len : choose_len();
    uint8_t *data = keep(*len);
    if (kind < 4) {
        memcpy(data, outcome, *len);
    }
    for (size_t i = 0; i < *len && kind >= 4; i++) {
        data[i] = kind < 6 ? (uint8_t)(i * kind) : choose_byte();
    }
    if (kind == 1) {
        disturb(data, *len);
    }
    return data;
}

/* Room to be written: none, or as much as *len then says. */
static inline uint8_t *choose_output(size_t *len) {
    size_t kind = choose(8);
    *len = kind < 3 ? 4096 : choose_len();
    return kind == 7 ? NULL : keep(*len);
}

/* A text that ends with NUL: one of those that mean something, or bytes. */
static inline char *choose_text(const char *const *texts, size_t count) {
    size_t choice = choose(count + 3);
    size_t len = choice < count ? strlen(texts[choice]) : choice == count ? choose(80) : 0;
    if (choice == count + 1) {
        return NULL;
    }
    char *text = keep(len + 1);
    if (choice < count) {
        memcpy(text, texts[choice], len);
    }
    for (size_t i = 0; i < len && choice >= count; i++) {
        text[i] = (char)(choose_byte() | 1);
    }
    text[len] = 0;
    return text;
}

/* ---- the store -------------------------------------------------------------------------- */

/* Devices of this run lie in memory where the system has such a folder: a sync of a disk would be most of the time. */
static inline void begin_store(void) {
    if (access("/dev/shm", W_OK) == 0) {
        REQUIRE(setenv("TMPDIR", "/dev/shm", 0) == 0);
    }
    REQUIRE(begin_root() == 0 && atexit(end_root) == 0);
}

#endif /* GMPKI_TESTS_FUZZ_CALLS_H */
