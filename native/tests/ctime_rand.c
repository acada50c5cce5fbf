/* Constant-time entries of gmpki/rand.h. */
#include <stdlib.h>
#include <string.h>

#include "ctime.h"
#include "gmpki/rand.h"

static uint8_t secret[80];
static uint8_t label[20];
static uint8_t out[80];

static void make_secret(void) {
    memset(secret, 0x5A, sizeof secret);
    memset(label, 0xA5, sizeof label);
    ctime_secret(secret, sizeof secret);
}

/* A status is public: an entry that fails tests nothing and must not pass. */
static void must(int status) {
    if (status != GMPKI_OK) {
        abort();
    }
}

/* The working state. Counters, times and marks are public. */
static void hide_state(gmpki_drbg *drbg) {
    ctime_secret(drbg->v, sizeof drbg->v);
    ctime_secret(drbg->c, sizeof drbg->c);
}

static void start(gmpki_drbg *drbg) {
    make_secret();
    must(gmpki_drbg_init_system(drbg, label, sizeof label));
    hide_state(drbg);
}

static void init(void) {
    gmpki_drbg drbg;
    make_secret();
    must(gmpki_drbg_init(&drbg, secret, 32, secret + 32, 16, label, sizeof label));
}

static void reseed(void) {
    gmpki_drbg drbg;
    start(&drbg);
    must(gmpki_drbg_reseed(&drbg, secret, 32, secret + 32, 48));
}

static void generate(void) {
    gmpki_drbg drbg;
    start(&drbg);
    must(gmpki_drbg_generate(&drbg, out, sizeof out, secret, sizeof secret));
}

static void generate_after_interval(void) {
    gmpki_drbg drbg;
    start(&drbg);
    drbg.reseed_counter = GMPKI_DRBG_RESEED_INTERVAL + 1;
    must(gmpki_drbg_generate(&drbg, out, sizeof out, secret, sizeof secret));
}

static void clear(void) {
    gmpki_drbg drbg;
    start(&drbg);
    gmpki_drbg_clear(&drbg);
}

const ctime_entry ctime_rand[] = {
    {"gmpki_drbg_init", "", init},         {"gmpki_drbg_reseed", "", reseed},
    {"gmpki_drbg_generate", "", generate}, {"gmpki_drbg_generate", "seeds itself anew", generate_after_interval},
    {"gmpki_drbg_clear", "", clear},       {NULL, NULL, NULL},
};
